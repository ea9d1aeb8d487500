package dev.millrace.serving.inference;

import static dev.millrace.serving.fake.FakeEngine.candidate;
import static dev.millrace.serving.fake.FakeEngine.request;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.fake.FakeEngine;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Many threads ask while versions swap: a recorded history is checked afterwards. */
class SwapUnderLoadTest {
  private static final int CALLERS = 6;
  private static final int VERSIONS = 25;

  private final FakeEngine engine = new FakeEngine();
  private final Queue<Observed> history = new ConcurrentLinkedQueue<>();
  private final Queue<InferenceFailure> failures = new ConcurrentLinkedQueue<>();
  private final CountDownLatch done = new CountDownLatch(1);

  /** When version i may have been live: from before its swap to after the next one. */
  private final long[] from = new long[VERSIONS + 2];

  private final long[] until = new long[VERSIONS + 2];

  private record Observed(int version, float ratio, long asked, long answered) {}

  @AfterEach
  void nothingIsLeftOpenOrUsedAfterItsEnd() {
    engine.close();
    assertThat(engine.runtime().opened()).allMatch(model -> model.closed() && model.faults() == 0);
  }

  @Test
  void failsNoRequestAndAnswersWithAVersionThatWasLive() throws InterruptedException {
    engine.rollout().serve(candidate("m", "1", "1"));
    Arrays.fill(until, Long.MAX_VALUE);
    from[1] = System.nanoTime();
    runCallersWhile(this::swapAll);

    assertThat(failures).isEmpty();
    assertThat(history).hasSizeGreaterThan(CALLERS);
    assertThat(history).allSatisfy(this::wasLive);
  }

  @Test
  void survivesLoadsUnloadsAndSwapsOfTheSameModelAtOnce() throws InterruptedException {
    runCallersWhile(
        () -> {
          try (var changers = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 1; i <= VERSIONS; i++) {
              var version = String.valueOf(i % 3 + 1);
              changers.execute(() -> engine.rollout().serve(candidate("m", version, version)));
              changers.execute(() -> engine.rollout().unload("m", "unloaded"));
            }
          }
        });
    engine.rollout().serve(candidate("m", "2", "2"));

    assertThat(failures)
        .allMatch(
            failure ->
                failure instanceof InferenceFailure.NotReady
                    || failure instanceof InferenceFailure.NotFound);
    assertThat(history).allMatch(seen -> seen.ratio() == seen.version());
    engine.inference().inferAndWait(request("m", 1, 1), FakeEngine.LIMIT).close();
    FakeEngine.await(() -> engine.runtime().openNow() == 1);
  }

  private void swapAll() {
    for (int version = 2; version <= VERSIONS; version++) {
      int seen = history.size();
      FakeEngine.await(() -> history.size() >= seen + CALLERS);
      from[version] = System.nanoTime();
      engine.rollout().serve(candidate("m", String.valueOf(version), String.valueOf(version)));
      until[version - 1] = System.nanoTime();
    }
  }

  private void runCallersWhile(Runnable changes) throws InterruptedException {
    try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < CALLERS; i++) {
        callers.execute(this::callUntilDone);
      }
      try {
        changes.run();
      } finally {
        done.countDown();
      }
    }
  }

  private void callUntilDone() {
    while (done.getCount() > 0) {
      float value = ThreadLocalRandom.current().nextInt(1, 1000);
      long asked = System.nanoTime();
      try (var answer =
          engine.inference().inferAndWait(request("m", value, value), FakeEngine.LIMIT)) {
        float ratio = answer.outputs().getFirst().data().getFloat(0) / value;
        history.add(
            new Observed(Integer.parseInt(answer.version()), ratio, asked, System.nanoTime()));
      } catch (InferenceException e) {
        failures.add(e.failure());
        // Without a version there is nothing to wait for, and the loads need the processors.
        LockSupport.parkNanos(1_000_000);
      }
    }
  }

  private void wasLive(Observed seen) {
    assertThat(seen.ratio()).isEqualTo(seen.version());
    assertThat(seen.answered()).isGreaterThanOrEqualTo(from[seen.version()]);
    assertThat(seen.asked()).isLessThanOrEqualTo(until[seen.version()]);
  }
}
