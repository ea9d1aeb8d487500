package dev.millrace.serving.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.fixture.Tensors;
import dev.millrace.serving.lifecycle.ResponseCache.Lookup;
import dev.millrace.serving.scheduling.BatchResult;
import dev.millrace.serving.scheduling.Outcome;
import dev.millrace.serving.scheduling.ScheduledRequest;
import dev.millrace.serving.telemetry.ModelMeters;
import dev.millrace.serving.telemetry.ServingMeters;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Tensor;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ResponseCacheTest {
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final AtomicLong now = new AtomicLong();

  /** Each look at the clock is a microsecond after the one before. */
  private final ModelMeters meters = new ServingMeters(registry, this::tick).open("m", "1");

  private final ResponseCaches caches = new ResponseCaches(1L << 30, this::tick);
  private final ResponseCache cache = cache(1 << 20);

  @Test
  void answersWhatWasAskedBefore() {
    keep(request(1, 2), Tensors.row("y", 3, 4));
    assertThat(Tensors.floats(known(request(1, 2)).getFirst())).containsExactly(3, 4);
    assertThat(cache.look(request(2, 1))).isInstanceOf(Lookup.Miss.class);
  }

  @Test
  void keepsItsOwnCopy() {
    var output = Tensors.row("y", 3, 4);
    keep(request(1, 2), output);
    output.data().putFloat(0, 99);
    assertThat(Tensors.floats(known(request(1, 2)).getFirst())).containsExactly(3, 4);
  }

  @Test
  void copiesViewsThatBeginInTheMiddleOfABatch() {
    var batch = Tensors.row("y", 1, 2, 3, 4);
    var view = batch.data().duplicate().order(batch.data().order()).position(8);
    keep(request(1, 2), new Tensor("y", batch.type(), Shape.of(1, 2), view));
    assertThat(Tensors.floats(known(request(1, 2)).getFirst())).containsExactly(3, 4);
  }

  @Test
  void tellsShapesValuesAndWantedOutputsApart() {
    var one = Tensors.floats("x", Shape.of(1, 4), 1, 2, 3, 4);
    var two = Tensors.floats("x", Shape.of(2, 2), 1, 2, 3, 4);
    var half = Tensors.floats("x", Shape.of(1, 2), 1, 2);
    var rest = Tensors.floats("x", Shape.of(1, 2), 3, 4);
    var keys =
        List.of(
            ResponseKey.of(request(List.of(one), List.of())),
            ResponseKey.of(request(List.of(two), List.of())),
            ResponseKey.of(request(List.of(half, rest), List.of())),
            ResponseKey.of(request(List.of(rest, half), List.of())),
            ResponseKey.of(request(List.of(one), List.of(0))),
            ResponseKey.of(request(List.of(one), List.of(0, 1))),
            ResponseKey.of(request(List.of(one), List.of(1, 0))));
    assertThat(keys).doesNotHaveDuplicates();
    assertThat(ResponseKey.of(request(List.of(one), List.of()))).isEqualTo(keys.getFirst());
  }

  @Test
  void neverMistakesOneRequestForAnother() {
    var random = new SplittableRandom(5);
    var keys = new HashSet<ResponseKey>();
    var asked = new HashSet<List<Float>>();
    for (int i = 0; i < 20_000; i++) {
      float first = random.nextInt(200);
      float second = random.nextInt(200);
      assertThat(keys.add(ResponseKey.of(request(first, second))))
          .isEqualTo(asked.add(List.of(first, second)));
    }
  }

  @Test
  void staysWithinItsMemory() {
    var small = cache(10_000);
    for (int i = 0; i < 1_000; i++) {
      miss(small, request(i, 0)).keep(List.of(Tensors.row("y", i)));
    }
    int known = 0;
    for (int i = 0; i < 1_000; i++) {
      known += small.look(request(i, 0)) instanceof Lookup.Hit ? 1 : 0;
    }
    assertThat(known).isBetween(10, 10_000 / 400);
    assertThat(value("millrace_cache_bytes"))
        .isEqualTo((double) small.bytes())
        .isBetween(5_000.0, 10_000.0);
    assertThat(value("millrace_cache_evictions")).isEqualTo(1_000 - known);
  }

  @Test
  void doesNotKeepWhatIsLargerThanItself() {
    var small = cache(1_000);
    miss(small, request(1, 2)).keep(List.of(Tensors.row("y", new float[1_000])));
    assertThat(small.look(request(1, 2))).isInstanceOf(Lookup.Miss.class);
  }

  @Test
  void isNotThereWithoutMemory() {
    assertThat(caches.open(0, meters)).isNull();
  }

  @Test
  void countsUnderTritonsNames() {
    keep(request(1, 2), Tensors.row("y", 3));
    known(request(1, 2));
    known(request(1, 2));
    assertThat(value("nv_cache_num_misses_per_model")).isEqualTo(1);
    assertThat(value("nv_cache_miss_duration_per_model")).isEqualTo(2);
    assertThat(value("nv_cache_num_hits_per_model")).isEqualTo(2);
    assertThat(value("nv_cache_hit_duration_per_model")).isEqualTo(2);
    assertThat(value("nv_inference_request_success")).isEqualTo(2);
    assertThat(value("nv_inference_request_duration_us")).isEqualTo(2);
    assertThat(value("nv_inference_count")).isZero();
  }

  private ResponseCache cache(long bytes) {
    return Objects.requireNonNull(caches.open(bytes, meters));
  }

  private long tick() {
    return now.addAndGet(1_000);
  }

  private double value(String meter) {
    return registry.get(meter).gauge().value();
  }

  private void keep(ScheduledRequest request, Tensor output) {
    miss(cache, request).keep(List.of(output));
  }

  private static Lookup.Miss miss(ResponseCache cache, ScheduledRequest request) {
    return (Lookup.Miss) cache.look(request);
  }

  private List<Tensor> known(ScheduledRequest request) {
    return ((Lookup.Hit) cache.look(request)).outputs();
  }

  private static ScheduledRequest request(float... row) {
    return request(List.of(Tensors.row("x", row)), List.of());
  }

  private static ScheduledRequest request(List<Tensor> inputs, List<Integer> outputs) {
    return new ScheduledRequest(inputs, 1, outputs, Long.MAX_VALUE, 0, new Nobody());
  }

  private static final class Nobody implements Outcome {
    @Override
    public Executor home() {
      return Runnable::run;
    }

    @Override
    public boolean cancelled() {
      return false;
    }

    @Override
    public void completed(BatchResult result) {}

    @Override
    public void failed(InferenceFailure failure) {}
  }
}
