package dev.millrace.serving.scheduling;

import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Wakes the workers of a model. A wake-up costs a system call and a thread switch, and an event
 * loop that reads requests of many connections in one turn would pay it for each; so the call goes
 * through the loop's own executor, which runs it after the turn. While one is under way nobody
 * starts another: it will see all that was queued until then.
 */
final class Wakeups {
  private final List<Sleeper> sleepers;
  private final AtomicBoolean underWay = new AtomicBoolean();
  private final Runnable wake = this::arrive;

  Wakeups(List<Sleeper> sleepers) {
    this.sleepers = sleepers;
  }

  /** Called after queueing, with the home of what was queued. */
  void request(Executor home) {
    if (anyAsleep() && underWay.compareAndSet(false, true)) {
      try {
        home.execute(wake);
      } catch (RejectedExecutionException _) {
        arrive();
      }
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

  private void arrive() {
    underWay.set(false);
    wakeOne();
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
