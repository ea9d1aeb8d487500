package dev.millrace.serving.scheduling;

import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Wakes the workers of a model. A wake-up costs a system call and a thread switch, and an event
 * loop that reads requests of many connections in one turn would pay it for each; so the call goes
 * through the loop's own executor, which runs it after the turn. While one is under way its loop
 * starts no other: it will see all that was queued until then. Other loops do not wait for that
 * turn to end, and wake a worker at once.
 *
 * <p>A run that is shorter than waking its worker is done by the loop itself, in the place of the
 * worker; see {@link Worker#runInPlace}.
 */
final class Wakeups {
  private static final Logger log = LoggerFactory.getLogger(Wakeups.class);

  private final List<Sleeper> sleepers;
  private final List<? extends StandIn> standIns;

  /** The home whose wake-up is under way. */
  private final AtomicReference<@Nullable Executor> underWay = new AtomicReference<>();

  private final Runnable wake = this::arrive;

  /** Does the work of a sleeping worker on the calling thread. */
  interface StandIn {
    /** Whether the worker slept and what waited was brief; else nothing was done. */
    boolean runInPlace();
  }

  /**
   * With workers that may not be there yet.
   *
   * @param standIns for some of the workers, or for none; the list may grow until the first request
   */
  Wakeups(List<Sleeper> sleepers, List<? extends StandIn> standIns) {
    this.sleepers = sleepers;
    this.standIns = standIns;
  }

  /** Called after queueing, with the home of what was queued. */
  void request(Executor home) {
    if (!anyAsleep()) {
      return;
    }
    if (underWay.compareAndSet(null, home)) {
      send(home);
    } else if (!home.equals(underWay.get())) {
      wakeOne();
    }
  }

  /** Wakes one worker now. */
  void wakeOne() {
    for (int i = 0; i < sleepers.size(); i++) {
      if (sleepers.get(i).wake()) {
        return;
      }
    }
  }

  /** Wakes all workers now. */
  void wakeAll() {
    sleepers.forEach(Sleeper::wake);
  }

  private void send(Executor home) {
    try {
      home.execute(wake);
    } catch (RuntimeException | Error e) {
      // Also for what should never be: nothing would wake the workers any more.
      if (!(e instanceof RejectedExecutionException)) {
        log.error("A wake-up could not be sent", e);
      }
      arrive();
    }
  }

  private void arrive() {
    underWay.set(null);
    if (!runInPlace()) {
      wakeOne();
    }
  }

  private boolean runInPlace() {
    for (int i = 0; i < standIns.size(); i++) {
      if (standIns.get(i).runInPlace()) {
        return true;
      }
    }
    return false;
  }

  private boolean anyAsleep() {
    for (int i = 0; i < sleepers.size(); i++) {
      if (sleepers.get(i).isAsleep()) {
        return true;
      }
    }
    return false;
  }
}
