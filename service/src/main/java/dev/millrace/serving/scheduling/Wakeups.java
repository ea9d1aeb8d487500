package dev.millrace.serving.scheduling;

import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Wakes the workers of a model. A wake-up costs a system call and a thread switch, and an event
 * loop that reads requests of many connections in one turn would pay it for each; so the call goes
 * through the loop's own executor, which runs it after the turn. While one is under way its loop
 * starts no other: it will see all that was queued until then. Other loops do not wait for that
 * turn to end, and wake a worker at once.
 */
final class Wakeups {
  private final List<Sleeper> sleepers;

  /** The home whose wake-up is under way. */
  private final AtomicReference<@Nullable Executor> underWay = new AtomicReference<>();

  private final Runnable wake = this::arrive;

  Wakeups(List<Sleeper> sleepers) {
    this.sleepers = sleepers;
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
    } catch (RejectedExecutionException _) {
      arrive();
    }
  }

  private void arrive() {
    underWay.set(null);
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
