package dev.millrace.serving.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.fixture.Tensors;
import dev.millrace.serving.lifecycle.ResponseCache.Lookup;
import dev.millrace.serving.scheduling.BatchResult;
import dev.millrace.serving.scheduling.Outcome;
import dev.millrace.serving.scheduling.ScheduledRequest;
import dev.millrace.serving.telemetry.ServingMeters;
import dev.millrace.serving.time.NanoClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Caches of many models, which share one budget. */
class ResponseCachesTest {
  private static final long BUDGET = 100_000;

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final ServingMeters meters = new ServingMeters(registry, NanoClock.SYSTEM);
  private final ResponseCaches caches = new ResponseCaches(BUDGET, NanoClock.SYSTEM);

  @Test
  void stayWithinTheBudgetHoweverManyThereAre() {
    for (int model = 0; model < 1_000; model++) {
      fill(cache("m" + model, 50_000), 20);
      assertThat(caches.usedBytes()).isLessThanOrEqualTo(BUDGET);
    }
    assertThat(caches.usedBytes()).isGreaterThan(BUDGET * 9 / 10);
  }

  @Test
  void lendWhatOthersDoNotUse() {
    IntStream.range(0, 9).forEach(model -> cache("idle" + model, BUDGET));
    var busy = cache("busy", BUDGET);
    fill(busy, 1_000);
    assertThat(busy.bytes()).isGreaterThan(BUDGET * 9 / 10);
  }

  @Test
  void takeBackWhatTheyLentAndLeaveEachItsShare() {
    var first = cache("first", BUDGET);
    var second = cache("second", BUDGET);
    fill(first, 1_000);
    fill(second, 1_000);
    assertThat(first.bytes()).isBetween(BUDGET * 4 / 10, BUDGET * 6 / 10);
    assertThat(second.bytes()).isBetween(BUDGET * 4 / 10, BUDGET * 6 / 10);
    fill(first, 1_000);
    assertThat(second.bytes()).isGreaterThan(BUDGET * 4 / 10);
    assertThat(evictions("first")).isPositive();
    assertThat(evictions("second")).isPositive();
  }

  @Test
  void shareInProportionToWhatTheirSettingsSay() {
    var large = cache("large", 90_000);
    var small = cache("small", 30_000);
    for (int i = 0; i < 2_000; i++) {
      keep(large, i);
      keep(small, i);
    }
    assertThat(large.bytes()).isBetween(65_000L, 80_000L);
    assertThat(small.bytes()).isBetween(20_000L, 30_000L);
  }

  @Test
  void giveUpTheColdestAnswersFirst() {
    var first = cache("first", BUDGET);
    fill(first, 100);
    for (int round = 0; round < 20; round++) {
      assertThat(first.look(request(7))).isInstanceOf(Lookup.Hit.class);
    }
    fill(cache("second", BUDGET), 1_000);
    assertThat(first.bytes()).isLessThan(BUDGET * 6 / 10);
    assertThat(first.look(request(7))).isInstanceOf(Lookup.Hit.class);
  }

  @Test
  void giveTheirMemoryBackWithTheVersion() {
    var gone = cache("gone", BUDGET);
    fill(gone, 100);
    gone.close();
    assertThat(caches.usedBytes()).isZero();
    assertThat(registry.get("millrace_cache_bytes").tag("model", "gone").gauge().value()).isZero();
    keep(gone, 1);
    assertThat(caches.usedBytes()).isZero();
    var next = cache("next", BUDGET);
    fill(next, 1_000);
    assertThat(next.bytes()).isGreaterThan(BUDGET * 9 / 10);
  }

  @Test
  void countEachByteOnceUnderManyThreads() {
    var models = IntStream.range(0, 8).mapToObj(i -> cache("m" + i, 40_000)).toList();
    var threads =
        IntStream.range(0, 4)
            .mapToObj(
                thread ->
                    CompletableFuture.runAsync(
                        () -> {
                          for (int i = 0; i < 5_000; i++) {
                            keep(models.get((i + thread) % models.size()), i * 31 % 400);
                          }
                        },
                        Thread::startVirtualThread))
            .toArray(CompletableFuture<?>[]::new);
    CompletableFuture.allOf(threads).join();
    assertThat(caches.usedBytes()).isLessThanOrEqualTo(BUDGET);
    assertThat(models.stream().mapToLong(ResponseCache::bytes).sum()).isEqualTo(caches.usedBytes());
    models.forEach(ResponseCache::close);
    assertThat(caches.usedBytes()).isZero();
  }

  private ResponseCache cache(String model, long bytes) {
    return Objects.requireNonNull(caches.open(bytes, meters.open(model, "1")));
  }

  private double evictions(String model) {
    return registry.get("millrace_cache_evictions").tag("model", model).gauge().value();
  }

  private static void fill(ResponseCache cache, int answers) {
    for (int i = 0; i < answers; i++) {
      keep(cache, i);
    }
  }

  private static void keep(ResponseCache cache, int asked) {
    cache.renew(request(asked)).keep(List.of(Tensors.row("y", new float[100])));
  }

  private static ScheduledRequest request(int asked) {
    return new ScheduledRequest(
        List.of(Tensors.row("x", asked)), 1, List.of(), Long.MAX_VALUE, 0, new Nobody());
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
