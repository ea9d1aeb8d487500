package dev.millrace.serving.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.scheduling.ShareLedger.Overlap;
import dev.millrace.serving.time.NanoClock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class FairDeviceTest {
  private static final long QUANTUM = 10_000_000;

  private final FairDevice gpu = new FairDevice(1, Overlap.EXCLUSIVE, QUANTUM, NanoClock.SYSTEM);

  @Test
  void letsAModelThatIsAloneRunAtOnce() {
    var share = gpu.share(1, 1);
    for (int i = 0; i < 1_000; i++) {
      assertThat(enter(share)).isZero();
      share.leave(1_000);
      if (i % 3 == 0) {
        share.idle();
      }
    }
    assertThat(share.longestRunNanos()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void letsInstancesOfOneModelRunBesideEachOtherWhileNobodyElseWantsTheDevice() {
    var share = gpu.share(1, 1);
    assertThat(enter(share)).isZero();
    assertThat(enter(share)).isZero();
    share.leave(5);
    share.idle();
    share.leave(5);
    share.idle();
    assertThat(enter(gpu.share(1, 1))).isZero();
  }

  @Test
  void holdsTheSecondModelUntilTheFirstLeaves() throws Exception {
    var first = gpu.share(1, 1);
    var second = gpu.share(1, 1);
    enter(first);
    try (var threads = Executors.newCachedThreadPool()) {
      var entered = threads.submit(() -> enter(second));
      awaitWaiting(1);
      assertThat(entered.isDone()).isFalse();
      first.leave(1_000);
      assertThat(entered.get(10, TimeUnit.SECONDS)).isPositive();
      assertThat(second.longestRunNanos()).isEqualTo(QUANTUM);
      assertThat(first.longestRunNanos()).isEqualTo(QUANTUM);
    }
  }

  @Test
  void doesNotWaitForAModelThatWillNotComeBack() throws Exception {
    var dead = gpu.share(1, 1);
    enter(dead);
    dead.leave(1);
    // It never says that it is idle, as when its worker died.
    var alive = gpu.share(1, 1);
    for (int i = 0; i < 10; i++) {
      enter(alive);
      alive.leave(1_000_000);
    }
    assertThat(gpu.waiting()).isZero();
  }

  @Test
  void endsTheWaitOfAnInterruptedWorker() throws Exception {
    var first = gpu.share(1, 1);
    enter(first);
    var second = gpu.share(1, 1);
    var thread =
        Thread.ofPlatform()
            .start(
                () -> {
                  enter(second);
                  second.leave(0);
                });
    awaitWaiting(1);
    thread.interrupt();
    thread.join(10_000);
    assertThat(thread.isAlive()).isFalse();
    assertThat(gpu.waiting()).isZero();
  }

  @Test
  void letsGoOfAWorkerThatGivesUpItsPlaceInTheLine() throws Exception {
    var hung = gpu.share(1, 1);
    enter(hung);
    var leaving = gpu.share(1, 1);
    var staying = gpu.share(1, 1);
    var gaveUp = new AtomicBoolean();
    try (var threads = Executors.newCachedThreadPool()) {
      var left = threads.submit(() -> leaving.enter(gaveUp::get));
      awaitWaiting(1);
      var entered = threads.submit(() -> enter(staying));
      awaitWaiting(2);
      gaveUp.set(true);
      assertThat(left.get(10, TimeUnit.SECONDS)).isEqualTo(DeviceShare.GIVEN_UP);
      assertThat(gpu.waiting()).isEqualTo(1);
      hung.leave(1_000);
      assertThat(entered.get(10, TimeUnit.SECONDS)).isPositive();
    }
    staying.leave(0);
    staying.idle();
    hung.idle();
    assertThat(enter(leaving)).isZero();
  }

  @Test
  void neverRunsTwoModelsOnAnExclusiveDeviceAndForgetsNobody() throws Exception {
    var inside = new AtomicInteger();
    var most = new AtomicInteger();
    var runs = new AtomicLong();
    int models = 6;
    int rounds = 20_000;
    var start = new CountDownLatch(1);
    try (var threads = Executors.newCachedThreadPool()) {
      var all = new ArrayList<Future<?>>();
      for (int m = 0; m < models; m++) {
        var share = gpu.share(1 + m, 1);
        int idleEvery = 1 + m;
        all.add(
            threads.submit(
                () -> {
                  start.await();
                  for (int i = 0; i < rounds; i++) {
                    enter(share);
                    most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                    inside.decrementAndGet();
                    runs.incrementAndGet();
                    share.leave(1_000);
                    if (i % idleEvery == 0) {
                      share.idle();
                    }
                  }
                  share.idle();
                  return null;
                }));
      }
      start.countDown();
      for (var each : all) {
        each.get(50, TimeUnit.SECONDS);
      }
    }
    assertThat(runs).hasValue((long) models * rounds);
    assertThat(most).hasValue(1);
    assertThat(gpu.waiting()).isZero();
  }

  @Test
  void forgetsNobodyWhereWorkersOfSeveralModelsShareProcessors() throws Exception {
    var cpu = new FairDevice(2, Overlap.PREEMPTIVE, 100_000, NanoClock.SYSTEM);
    try (var threads = Executors.newCachedThreadPool()) {
      var all = new ArrayList<Future<?>>();
      for (double weight : List.of(0.5, 1.0, 4.0)) {
        var share = cpu.share(weight, 2);
        for (int worker = 0; worker < 2; worker++) {
          all.add(threads.submit(() -> work(share, 5_000)));
        }
      }
      for (var each : all) {
        each.get(50, TimeUnit.SECONDS);
      }
    }
    assertThat(cpu.waiting()).isZero();
  }

  private static long enter(DeviceShare share) {
    return share.enter(() -> false);
  }

  private static void work(DeviceShare share, int rounds) {
    for (int i = 0; i < rounds; i++) {
      enter(share);
      share.leave(20_000);
      if (i % 7 == 0) {
        share.idle();
      }
    }
    share.idle();
  }

  private void awaitWaiting(int count) {
    while (gpu.waiting() < count) {
      LockSupport.parkNanos(100_000);
    }
  }
}
