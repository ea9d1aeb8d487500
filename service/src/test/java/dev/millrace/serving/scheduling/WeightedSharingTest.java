package dev.millrace.serving.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.scheduling.ShareLedger.Overlap;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Models with different weights that always want the same device, on a clock that runs with them.
 */
@Timeout(60)
class WeightedSharingTest {
  private static final long MILLI = 1_000_000;
  private static final long QUANTUM = 10 * MILLI;
  private static final long TOGETHER = 8_000 * MILLI;

  private final AtomicLong now = new AtomicLong();
  private final AtomicInteger there = new AtomicInteger(2);

  /** When the runs under way end. Guarded by itself. */
  private final List<Long> ends = new ArrayList<>();

  @ParameterizedTest
  @CsvSource({
    "EXCLUSIVE, 1, 3, 5, 5",
    "EXCLUSIVE, 1, 3, 20, 1",
    "EXCLUSIVE, 2, 2, 1, 15",
    "PREEMPTIVE, 1, 3, 5, 5",
    "PREEMPTIVE, 1, 3, 2, 20"
  })
  void givesEachModelItsPartOfTheTime(
      Overlap overlap, double light, double heavy, long lightMillis, long heavyMillis)
      throws Exception {
    var device = new FairDevice(4, overlap, QUANTUM, now::get);
    var lightShare = device.share(light, 4);
    var heavyShare = device.share(heavy, 4);
    try (var threads = Executors.newFixedThreadPool(2)) {
      var served = threads.submit(() -> work(device, lightShare, lightMillis * MILLI));
      var servedHeavy = threads.submit(() -> work(device, heavyShare, heavyMillis * MILLI));
      double ratio = (double) get(servedHeavy) / get(served);
      assertThat(ratio).isBetween(0.9 * heavy / light, 1.1 * heavy / light);
    }
  }

  private static long get(Future<Long> served) throws Exception {
    return served.get(50, TimeUnit.SECONDS);
  }

  /** Runs back to back; what it had of the device. */
  private long work(FairDevice device, DeviceShare share, long runNanos) {
    long served = 0;
    while (now.get() < TOGETHER) {
      share.enter(() -> false);
      run(device, runNanos);
      share.leave(runNanos);
      served += runNanos;
    }
    there.decrementAndGet();
    share.idle();
    return served;
  }

  /**
   * Returns once the clock shows the end of the run. The clock moves on, to the next end of a run,
   * only while each model runs or waits for the device.
   */
  private void run(FairDevice device, long nanos) {
    long end = begin(nanos);
    while (now.get() < end) {
      moveOn(device);
      LockSupport.parkNanos(10_000);
    }
    synchronized (ends) {
      ends.remove(end);
    }
  }

  private long begin(long nanos) {
    synchronized (ends) {
      long end = now.get() + nanos;
      ends.add(end);
      return end;
    }
  }

  private void moveOn(FairDevice device) {
    synchronized (ends) {
      if (ends.size() + device.waiting() >= there.get()) {
        now.set(Collections.min(ends));
      }
    }
  }
}
