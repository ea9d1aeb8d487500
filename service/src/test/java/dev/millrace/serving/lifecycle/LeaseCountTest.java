package dev.millrace.serving.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LeaseCountTest {
  private final LeaseCount leases = new LeaseCount();

  @Test
  void lettingInAndOutCounts() {
    assertThat(leases.acquire()).isTrue();
    assertThat(leases.acquire()).isTrue();
    leases.release();
    assertThat(leases.held()).isEqualTo(1);
  }

  @Test
  void isDrainedAtOnceWhenItRetiresUnused() {
    leases.retire();
    assertThat(drained()).isTrue();
  }

  @Test
  void isDrainedWhenTheLastLeaseOfARetiredOneIsBack() {
    leases.acquire();
    leases.retire();
    assertThat(drained()).isFalse();
    leases.release();
    assertThat(drained()).isTrue();
  }

  @Test
  void letsNobodyInAfterItRetired() {
    leases.acquire();
    leases.retire();
    assertThat(leases.acquire()).isFalse();
    assertThat(leases.held()).isEqualTo(1);
  }

  @Test
  void retiresOnlyOnce() {
    leases.retire();
    leases.retire();
    assertThat(leases.held()).isZero();
    assertThat(leases.acquire()).isFalse();
  }

  @Test
  void retiresIfIdleOnlyOnceNobodyIsIn() {
    leases.acquire();
    assertThat(leases.retireIfIdle()).isFalse();
    assertThat(leases.acquire()).isTrue();
    assertThat(drained()).isFalse();
    leases.release();
    leases.release();
    assertThat(leases.retireIfIdle()).isTrue();
    assertThat(leases.acquire()).isFalse();
    assertThat(drained()).isTrue();
  }

  /** The history that matters: nobody who was let in may see the drain before leaving. */
  @Test
  void neverDrainsUnderALeaseHoweverTheThreadsInterleave() throws InterruptedException {
    for (int round = 0; round < 300; round++) {
      assertThat(usesAfterDrain(new LeaseCount())).isZero();
    }
  }

  private static int usesAfterDrain(LeaseCount count) throws InterruptedException {
    var gone = new AtomicBoolean();
    var violations = new AtomicInteger();
    var drained = new CountDownLatch(1);
    count
        .drained()
        .thenRun(
            () -> {
              gone.set(true);
              drained.countDown();
            });
    try (var threads = Executors.newFixedThreadPool(4)) {
      for (int user = 0; user < 3; user++) {
        threads.execute(
            () -> {
              while (count.acquire()) {
                if (gone.get()) {
                  violations.incrementAndGet();
                }
                count.release();
              }
            });
      }
      threads.execute(count::retire);
    }
    assertThat(drained.await(10, TimeUnit.SECONDS)).isTrue();
    return violations.get();
  }

  private boolean drained() {
    return leases.drained().toCompletableFuture().isDone();
  }
}
