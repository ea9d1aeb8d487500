package dev.millrace.serving.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.scheduling.ShareLedger.Overlap;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The accounting in simulated time, over many random loads. */
class ShareLedgerTest {
  private static final long QUANTUM = 10_000_000;
  private static final long SECOND = 1_000_000_000;

  @Test
  void sharesAnExclusiveDeviceByWeight() {
    for (int seed = 0; seed < 200; seed++) {
      var random = new SplittableRandom(seed);
      var device = new SimulatedDevice(1, Overlap.EXCLUSIVE);
      int models = random.nextInt(2, 6);
      for (int i = 0; i < models; i++) {
        device.saturating(random.nextInt(1, 9), 1, random.nextLong(1_000_000, QUANTUM), random);
      }
      device.runUntil(2 * SECOND);
      assertThat(device.busyNanos()).as("seed %s", seed).isGreaterThan(2 * SECOND / 100 * 95);
      assertThat(device.spreadNanos()).as("seed %s", seed).isLessThanOrEqualTo(3 * QUANTUM);
    }
  }

  @Test
  void holdsModelsOnProcessorsTogetherWithinAQuantumAndARun() {
    for (int seed = 0; seed < 200; seed++) {
      var random = new SplittableRandom(seed);
      int cores = random.nextInt(1, 9);
      var device = new SimulatedDevice(cores, Overlap.PREEMPTIVE);
      int models = random.nextInt(2, 6);
      for (int i = 0; i < models; i++) {
        device.saturating(random.nextInt(1, 9), cores, random.nextLong(50_000, QUANTUM), random);
      }
      device.runUntil(2 * SECOND);
      assertThat(device.spreadNanos()).as("seed %s", seed).isLessThanOrEqualTo(3 * QUANTUM);
    }
  }

  @Test
  void letsNarrowRunsUseAllCoresWhateverTheirWeights() {
    var random = new SplittableRandom(1);
    var device = new SimulatedDevice(4, Overlap.PREEMPTIVE);
    for (int weight = 1; weight <= 4; weight++) {
      device.saturating(weight, 1, 1_000_000, random);
    }
    device.runUntil(SECOND);
    assertThat(device.busyNanos()).isGreaterThan(4 * SECOND / 100 * 95);
  }

  @Test
  void letsALightModelWaitForOneRunAtMost() {
    for (int seed = 0; seed < 200; seed++) {
      var random = new SplittableRandom(seed);
      var device = new SimulatedDevice(1, Overlap.EXCLUSIVE);
      int heavy = random.nextInt(1, 6);
      for (int i = 0; i < heavy; i++) {
        device.saturating(1, 1, QUANTUM, random);
      }
      var light = device.nowAndThen(1, 50_000, 10 * QUANTUM, random);
      device.runUntil(5 * SECOND);
      assertThat(light.runs()).isGreaterThan(20);
      assertThat(light.longestWaitNanos()).as("seed %s", seed).isLessThanOrEqualTo(QUANTUM);
    }
  }

  @Test
  void neverHoldsUpALightModelOnProcessors() {
    for (int seed = 0; seed < 50; seed++) {
      var random = new SplittableRandom(seed);
      var device = new SimulatedDevice(2, Overlap.PREEMPTIVE);
      device.saturating(1, 2, 20 * QUANTUM, random);
      device.saturating(5, 2, 3 * QUANTUM, random);
      var light = device.nowAndThen(1, 50_000, QUANTUM, random);
      device.runUntil(5 * SECOND);
      assertThat(light.runs()).isGreaterThan(100);
      assertThat(light.longestWaitNanos()).as("seed %s", seed).isZero();
    }
  }

  @Test
  void givesNoCreditForIdling() {
    for (var overlap : Overlap.values()) {
      var random = new SplittableRandom(9);
      var device = new SimulatedDevice(1, overlap);
      var first = device.saturating(1, 1, 1_000_000, random);
      device.runUntil(20 * SECOND);
      long before = first.totalNanos();
      var second = device.saturating(1, 1, 1_000_000, random);
      device.runUntil(21 * SECOND);
      assertThat(Math.abs(first.totalNanos() - before - second.totalNanos()))
          .isLessThan(3 * QUANTUM);
    }
  }

  @Test
  void holdsNothingAgainstAModelThatHadTheDeviceForItself() {
    var device = new ShareLedger(1, Overlap.EXCLUSIVE, QUANTUM);
    var alone = new Account(1, 1);
    alone.start(0);
    alone.stop(100 * SECOND);
    device.raiseFloor(alone);
    var later = new Account(1, 1);
    device.startAtFloor(later);
    assertThat(later.served()).isEqualTo(alone.served());
  }

  /** Callers that ask one thing after the other leave the device each time. */
  @Test
  void remembersWhatAModelIsAheadOfThoseThatStayed() {
    var device = new ShareLedger(1, Overlap.PREEMPTIVE, QUANTUM);
    var stays = new Account(4, 1);
    var comesAndGoes = new Account(1, 1);
    stays.start(0);
    device.list(stays, 0);
    for (int i = 0; i < 2; i++) {
      device.list(comesAndGoes, 0);
      comesAndGoes.start(0);
      comesAndGoes.stop(QUANTUM);
      device.dropAbsent(0);
      device.leaveAlone(stays);
      device.list(stays, 0);
    }
    device.list(comesAndGoes, 0);
    comesAndGoes.await(1);
    assertThat(device.waitNanos(comesAndGoes, 0)).isPositive();
    comesAndGoes.await(-1);
    stays.stop(0);
    device.dropAbsent(0);
    device.startAtFloor(stays);
    assertThat(stays.served()).as("nobody was left").isEqualTo(2 * QUANTUM);
  }

  /** Models on one device; each event is the end of a run, an arrival, or a look. */
  private static final class SimulatedDevice {
    private final ShareLedger ledger;
    private final List<SimulatedModel> models = new ArrayList<>();
    private long now;

    SimulatedDevice(int capacity, Overlap overlap) {
      ledger = new ShareLedger(capacity, overlap, QUANTUM);
    }

    SimulatedModel saturating(double weight, int width, long run, SplittableRandom random) {
      return add(new SimulatedModel(new Account(weight, width), run, 0, random));
    }

    SimulatedModel nowAndThen(double weight, long run, long pause, SplittableRandom random) {
      var model = add(new SimulatedModel(new Account(weight, 1), run, pause, random));
      model.nextNanos = now + pause;
      return model;
    }

    private SimulatedModel add(SimulatedModel model) {
      model.nextNanos = now;
      models.add(model);
      return model;
    }

    void runUntil(long end) {
      while (now < end) {
        models.forEach(this::arriveOrEnd);
        long look = startAll();
        long next = now + look;
        for (var model : models) {
          next = model.waits ? next : Math.min(next, model.nextNanos);
        }
        now = Math.max(next, now + 1);
      }
    }

    private void arriveOrEnd(SimulatedModel model) {
      if (model.runs && model.nextNanos <= now) {
        model.end(now);
        if (model.pause > 0) {
          model.account.dropClaim();
        }
        ledger.dropAbsent(now);
      }
      if (!model.runs && !model.waits && model.nextNanos <= now) {
        ledger.dropAbsent(now);
        ledger.list(model.account, now);
        model.account.await(1);
        model.waits = true;
        model.sinceNanos = now;
      }
    }

    /** Returns when to look again. */
    private long startAll() {
      long look = ShareLedger.LOOK_NANOS;
      while (true) {
        SimulatedModel first = null;
        for (var model : models) {
          if (!model.waits) {
            continue;
          }
          long wait = ledger.waitNanos(model.account, now);
          look = wait == 0 ? look : Math.min(look, wait);
          if (wait == 0
              && (first == null
                  || model.account.virtualNanos(now) < first.account.virtualNanos(now))) {
            first = model;
          }
        }
        if (first == null) {
          return look;
        }
        first.start(now);
      }
    }

    long busyNanos() {
      return models.stream().mapToLong(SimulatedModel::totalNanos).sum();
    }

    /** Between the most and the least served. */
    long spreadNanos() {
      var served = models.stream().mapToLong(model -> model.account.served()).summaryStatistics();
      return served.getMax() - served.getMin();
    }
  }

  private static final class SimulatedModel {
    private final Account account;
    private final long run;
    private final long pause;
    private final SplittableRandom random;
    private boolean runs;
    private boolean waits;
    private long sinceNanos;
    private long nextNanos;
    private long length;
    private long total;
    private long longestWait;
    private int count;

    SimulatedModel(Account account, long run, long pause, SplittableRandom random) {
      this.account = account;
      this.run = run;
      this.pause = pause;
      this.random = random.split();
    }

    void start(long now) {
      longestWait = Math.max(longestWait, now - sinceNanos);
      account.await(-1);
      account.start(now);
      waits = false;
      runs = true;
      length = random.nextLong(run / 2, run + 1);
      nextNanos = now + length;
    }

    void end(long now) {
      runs = false;
      total += length;
      count++;
      account.stop(length);
      account.claimUntil(now + ShareLedger.CLAIM_NANOS);
      nextNanos = now + (pause == 0 ? 20_000 : random.nextLong(1, pause));
    }

    int runs() {
      return count;
    }

    long totalNanos() {
      return total;
    }

    long longestWaitNanos() {
      return longestWait;
    }
  }
}
