package dev.millrace.serving.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.time.NanoClock;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ExpiryTimerTest {
  @Test
  void looksWhenTheFirstDeadlineHasPassed() throws Exception {
    long deadline = System.nanoTime() + 20_000_000;
    var looked = new CountDownLatch(1);
    var early = new AtomicInteger();
    var timer =
        new ExpiryTimer(
            "expiry",
            now -> {
              early.addAndGet(now - deadline < 0 ? 1 : 0);
              looked.countDown();
              return Long.MAX_VALUE;
            },
            NanoClock.SYSTEM);
    timer.watch(deadline + 60_000_000_000L);
    timer.watch(deadline);
    assertThat(looked.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(early).hasValue(0);
    timer.close();
  }

  @Test
  void looksAgainAfterACallerThatBroke() throws Exception {
    var looked = new CountDownLatch(2);
    var timer =
        new ExpiryTimer(
            "expiry",
            _ -> {
              looked.countDown();
              if (looked.getCount() > 0) {
                throw new IllegalStateException("the caller broke");
              }
              return Long.MAX_VALUE;
            },
            NanoClock.SYSTEM);
    timer.watch(System.nanoTime());
    assertThat(looked.await(20, TimeUnit.SECONDS)).isTrue();
    timer.close();
  }
}
