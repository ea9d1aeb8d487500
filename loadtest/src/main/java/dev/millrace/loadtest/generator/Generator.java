package dev.millrace.loadtest.generator;

import dev.millrace.loadtest.traffic.Caller;
import dev.millrace.loadtest.traffic.Target;
import dev.millrace.loadtest.traffic.Traffic;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Sends requests when they are due and somebody is free, and measures each from when it was due. A
 * request that is due while all callers wait is sent late and its wait counts: that is what a
 * closed loop hides (coordinated omission). Everything happens on the one event loop that the
 * callers live on, so nothing here is shared.
 */
public final class Generator {
  private static final Duration GRACE = Duration.ofSeconds(10);

  /**
   * A caller that failed rests: a refused connection fails at once and would be tried in a busy
   * loop.
   */
  private static final Duration REST_AFTER_FAILURE = Duration.ofMillis(20);

  private final Queue<Slot> idle = new ArrayDeque<>();
  private final CompletableFuture<Measurement> done = new CompletableFuture<>();
  private final EventLoop loop;
  private final Arrivals arrivals;
  private final long startNanos;
  private final long endNanos;
  private final Tally tally;
  private final List<Slot> slots;
  private long issued;
  private boolean sending;
  private boolean wakeUpSet;

  private Generator(EventLoop loop, List<Caller> callers, Plan plan) {
    this.loop = loop;
    arrivals = plan.arrivals();
    startNanos = System.nanoTime();
    var measuredFrom = startNanos + plan.warmUp().toNanos();
    endNanos = measuredFrom + plan.measured().toNanos();
    tally = new Tally(measuredFrom, endNanos);
    slots = callers.stream().map(Slot::new).toList();
    idle.addAll(slots);
  }

  /**
   * Carries a plan out and returns when its last request was answered, or {@code 10 s} after its
   * end.
   */
  public static Measurement run(Target target, Plan plan) {
    try (var traffic = new Traffic()) {
      var callers = traffic.callers(target, plan.callers());
      var generator = new Generator(traffic.loop(), callers, plan);
      traffic.loop().execute(generator::begin);
      return generator.done.join();
    }
  }

  private void begin() {
    at(endNanos, this::finishWhenAnswered);
    at(endNanos + GRACE.toNanos(), this::giveUp);
    sendDue();
  }

  private void sendDue() {
    // A caller may answer at once, from within send.
    if (sending) {
      return;
    }
    sending = true;
    while (!idle.isEmpty() && !done.isDone() && sendNext()) {}
    sending = false;
    finishWhenAnswered();
  }

  private boolean sendNext() {
    var now = System.nanoTime();
    var due = due(now);
    if (due - endNanos >= 0) {
      return false;
    }
    if (due - now > 0) {
      wakeUpAt(due);
      return false;
    }
    issued++;
    idle.remove().send(due);
    return true;
  }

  private void wakeUpAt(long dueNanos) {
    if (!wakeUpSet) {
      wakeUpSet = true;
      at(
          dueNanos,
          () -> {
            wakeUpSet = false;
            sendDue();
          });
    }
  }

  private void finishWhenAnswered() {
    var now = System.nanoTime();
    if (now - endNanos >= 0 && idle.size() == slots.size() && due(now) - endNanos >= 0) {
      done.complete(tally.measurement());
    }
  }

  private void giveUp() {
    var now = System.nanoTime();
    var failure = "Not answered within " + GRACE.toSeconds() + " s after the end of the load.";
    slots.stream()
        .filter(slot -> slot.inFlight)
        .forEach(slot -> tally.count(slot.dueNanos, now, failure));
    for (var due = due(now); due - endNanos < 0; due = due(now)) {
      tally.count(due, now, failure);
      issued++;
    }
    done.complete(tally.measurement());
  }

  private long due(long nowNanos) {
    return arrivals.dueNanos(issued, startNanos, nowNanos);
  }

  private void at(long nanos, Runnable task) {
    var _ = loop.schedule(task, Math.max(0, nanos - System.nanoTime()), TimeUnit.NANOSECONDS);
  }

  /** A caller and the request it has in flight. */
  private final class Slot implements Caller.Outcome {
    private final Caller caller;
    private long dueNanos;
    private boolean inFlight;

    Slot(Caller caller) {
      this.caller = caller;
    }

    void send(long due) {
      dueNanos = due;
      inFlight = true;
      caller.send(this);
    }

    @Override
    public void refused(String reason) {
      inFlight = false;
      tally.refuse(dueNanos, System.nanoTime(), reason);
      free();
    }

    @Override
    public void answered(@Nullable String failure) {
      var now = System.nanoTime();
      inFlight = false;
      tally.count(dueNanos, now, failure);
      if (failure == null) {
        free();
      } else {
        at(now + REST_AFTER_FAILURE.toNanos(), this::free);
      }
    }

    private void free() {
      idle.add(this);
      sendDue();
    }
  }
}
