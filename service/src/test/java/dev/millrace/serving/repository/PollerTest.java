package dev.millrace.serving.repository;

import static dev.millrace.serving.fake.FakeEngine.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PollerTest {
  private static final Duration NEVER = Duration.ofDays(1);

  private final AtomicInteger rounds = new AtomicInteger();

  @Test
  void looksAgainAfterTheInterval() {
    try (var _ = Poller.start("test", Duration.ofMillis(1), rounds::incrementAndGet)) {
      await(() -> rounds.get() >= 3);
    }
  }

  @Test
  void aCallDoesNotWaitForTheInterval() {
    try (var poller = Poller.start("test", NEVER, rounds::incrementAndGet)) {
      await(() -> rounds.get() == 1);
      poller.call();
      await(() -> rounds.get() == 2);
    }
  }

  @Test
  void aCallDuringARoundHasAnotherOne() {
    var called = new CountDownLatch(1);
    try (var poller = Poller.start("test", NEVER, () -> roundThatWaits(called))) {
      await(() -> rounds.get() == 1);
      poller.call();
      called.countDown();
      await(() -> rounds.get() == 2);
    }
  }

  @Test
  void goesOnAfterARoundThatBroke() {
    try (var _ = Poller.start("test", Duration.ofMillis(1), this::breakingRound)) {
      await(() -> rounds.get() >= 2);
    }
  }

  @Test
  void endsWhenItIsClosed() {
    var poller = Poller.start("test", NEVER, rounds::incrementAndGet);
    await(() -> rounds.get() == 1);
    poller.close();
    poller.call();
    assertThat(rounds).hasValue(1);
  }

  private void breakingRound() {
    rounds.incrementAndGet();
    throw new IllegalStateException("broken on purpose");
  }

  private void roundThatWaits(CountDownLatch called) {
    rounds.incrementAndGet();
    try {
      called.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
