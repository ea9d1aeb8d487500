package dev.millrace.serving.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.fixture.Tensors;
import dev.millrace.serving.runtime.BoundBatch;
import dev.millrace.serving.runtime.ExecutableModel;
import dev.millrace.serving.runtime.RunOutputs;
import dev.millrace.serving.telemetry.FailureReason;
import dev.millrace.serving.telemetry.ModelMeters;
import dev.millrace.serving.telemetry.ServingMeters;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.tensor.Tensor;
import dev.millrace.serving.time.NanoClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SplitRequestTest {
  private static final int MAX_ROWS = 2;

  private final EchoModel echo = EchoModel.free();
  private final BatchRunner runner = runner(new ForgetfulModel(echo));

  @Test
  void failsAloneWhenItsAnswersCannotBeJoined() throws Exception {
    var whole = Caller.direct();
    var large = Caller.direct();
    var parts = new SplitRequest(request(2 * MAX_ROWS, large), 0, MAX_ROWS).parts();
    runner.run(batch(parts.getFirst()));
    runner.run(batch(Part.whole(request(1, whole), 0), parts.getLast()));
    assertThat(large.failure()).isInstanceOf(InferenceFailure.Broken.class);
    assertThat(large.outcomeCount()).isEqualTo(1);
    assertThat(whole.answer()).containsExactly(5);
    assertThat(whole.outcomeCount()).isEqualTo(1);
    assertThat(echo.runs()).hasSize(2);
    assertThat(echo.held()).isZero();
  }

  /** Its inputs are given back when the caller is told. */
  @Test
  void isToldOfAFailureOnceNoPieceCanReadTheInputsAnyMore() throws Exception {
    var caller = Caller.direct();
    var parts = new SplitRequest(request(3 * MAX_ROWS, caller), 0, MAX_ROWS).parts();
    var handover = new Handover(meters());
    fail(parts.get(1), "first", handover);
    assertThat(parts).allMatch(Part::isForgotten);
    fail(parts.get(0), "second", handover);
    fail(parts.get(0), "again", handover);
    handover.send();
    assertThat(caller.isTold()).isFalse();
    runner.run(batch(parts.get(2)));
    assertThat(caller.failure()).isEqualTo(new InferenceFailure.Broken("first"));
    assertThat(caller.outcomeCount()).isEqualTo(1);
    assertThat(echo.held()).isZero();
  }

  private static void fail(Part part, String message, Handover handover) {
    part.fail(new InferenceFailure.Broken(message), FailureReason.BACKEND, handover);
  }

  private static ModelMeters meters() {
    return new ServingMeters(new SimpleMeterRegistry(), NanoClock.SYSTEM).open("echo", "1");
  }

  private static BatchRunner runner(ExecutableModel model) {
    var settings =
        new SchedulerSettings(MAX_ROWS, List.of(), Duration.ZERO, 20, 1, 1, Duration.ZERO);
    var meters = meters();
    var learned = Learned.of(settings, MAX_ROWS, 1, "split");
    var queue = new RequestQueue(settings, MAX_ROWS, meters, learned);
    return new BatchRunner(model, queue, learned, meters, NanoClock.SYSTEM, null);
  }

  private static Batch batch(Part... parts) {
    var batch = new Batch(new ComputeTimes());
    Stream.of(parts).forEach(batch::add);
    return batch;
  }

  private static ScheduledRequest request(int rows, Outcome caller) {
    var values = new float[rows];
    Arrays.fill(values, 5);
    var input = Tensors.floats("x", Shape.of(rows, 1), values);
    return new ScheduledRequest(List.of(input), rows, List.of(), Long.MAX_VALUE, 0, caller);
  }

  /** Gives its output twice in the first run, and once in the others. */
  private record ForgetfulModel(EchoModel echo) implements ExecutableModel {
    @Override
    public Signature signature() {
      return echo.signature();
    }

    @Override
    public String device() {
      return echo.device();
    }

    @Override
    public BoundBatch bind(List<Tensor> inputs) {
      return new Bound(echo, echo.bind(inputs));
    }

    @Override
    public void close() {
      echo.close();
    }
  }

  private record Bound(EchoModel echo, BoundBatch batch) implements BoundBatch {
    @Override
    public RunOutputs run() {
      var outputs = batch.run();
      return echo.runs().size() == 1 ? new Twice(outputs) : outputs;
    }

    @Override
    public void close() {
      batch.close();
    }
  }

  private record Twice(RunOutputs once) implements RunOutputs {
    @Override
    public List<Tensor> tensors() {
      var tensor = once.tensors().getFirst();
      return List.of(tensor, tensor);
    }

    @Override
    public void close() {
      once.close();
    }
  }
}
