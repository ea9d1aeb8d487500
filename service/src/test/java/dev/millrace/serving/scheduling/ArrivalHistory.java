package dev.millrace.serving.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.telemetry.ServingMeters;
import dev.millrace.serving.time.NanoClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * One history of arrivals, runs, sweeps and cancelled callers, from a seed, on a clock of its own.
 * The workers do what {@link Worker} does. What the queue gives them is compared with {@link
 * QueueOracle}, and each request must leave exactly once.
 */
final class ArrivalHistory {
  private static final int ARRIVALS = 60;
  private static final long NEVER = Long.MAX_VALUE;

  private final SplittableRandom random;
  private final SchedulerSettings settings;
  private final Learned learned;
  private final RequestQueue queue;
  private final Batch batch;
  private final QueueOracle oracle;
  private final long[] freeAt;
  private final List<Part> waiting = new ArrayList<>();
  private final List<Caller> callers = new ArrayList<>();
  private final Set<Part> left = new HashSet<>();
  private final Tally tally = new Tally();
  private final int meanGap;
  private long now = 1_000_000;
  private long nextArrival = now;
  private long lookAgain = NEVER;
  private int arrivals;

  /** What happened. */
  static final class Tally {
    int ran;
    int refusedLate;
    int forgotten;
    int turnedAway;
    int delayed;
    int preferred;
    int companyWaits;
    int fullBatches;
    int keptShort;
  }

  ArrivalHistory(SchedulerSettings settings, long seed) {
    this.settings = settings;
    random = new SplittableRandom(seed);
    freeAt = new long[random.nextInt(1, 4)];
    learned = Learned.of(settings, settings.maxBatchRows(), freeAt.length, "history");
    batch = new Batch(learned.times());
    var meters = new ServingMeters(new SimpleMeterRegistry(), NanoClock.SYSTEM).open("m", "1");
    queue = new RequestQueue(settings, settings.maxBatchRows(), meters, learned);
    oracle = new QueueOracle(settings);
    meanGap = random.nextInt(1, 60);
  }

  /** Plays it to the end, when nothing may be left. */
  Tally play() {
    while (arrivals < ARRIVALS || !waiting.isEmpty()) {
      now = nextEvent();
      arrive();
      disturb();
      work();
    }
    // A sweep may have taken the last ones while all workers ran.
    assertThat(queue.next(now, batch)).isNull();
    assertThat(queue.pendingRows()).isZero();
    assertThat(queue.hasArrivals()).isFalse();
    for (int level = 1; level <= settings.queue().levels(); level++) {
      assertThat(queue.rows().ahead(level)).isZero();
    }
    return tally;
  }

  private long nextEvent() {
    long next = arrivals < ARRIVALS ? nextArrival : NEVER;
    next = Math.min(next, lookAgain);
    for (long free : freeAt) {
      next = free > now ? Math.min(next, free) : next;
    }
    assertThat(next).as("nothing would ever take what waits").isNotEqualTo(NEVER);
    return Math.max(next, now);
  }

  private void arrive() {
    while (arrivals < ARRIVALS && nextArrival <= now) {
      submit();
      arrivals++;
      // Bursts: every third comes together with the one before.
      nextArrival += random.nextInt(3) == 0 ? 0 : random.nextInt(2 * meanGap);
    }
  }

  private void submit() {
    int rows = random.nextInt(1, Math.max(settings.maxBatchRows(), 1) + 1);
    int level = settings.queue().level(random.nextInt(settings.queue().levels() + 1));
    long named = random.nextInt(2) == 0 ? NEVER : now + random.nextLong(400);
    long deadline = queue.deadlineNanos(level, named, now);
    assertThat(deadline).isEqualTo(oracle.deadline(level, named, now));
    boolean fits = oracle.fits(waiting, rows, level);
    assertThat(queue.rows().reserve(rows, level)).isEqualTo(fits);
    if (!fits) {
      tally.turnedAway++;
      return;
    }
    var caller = Caller.direct();
    var request = new ScheduledRequest(List.of(), rows, List.of(), deadline, level, caller);
    var part = Part.whole(request, now).inLine(level, deadline);
    callers.add(caller);
    waiting.add(part);
    queue.push(part);
  }

  /** A caller may go, and the timer may look. */
  private void disturb() {
    if (random.nextInt(20) == 0 && !callers.isEmpty()) {
      callers.get(random.nextInt(callers.size())).cancel();
    }
    if (random.nextInt(5) == 0) {
      queue.sweep(now, batch);
      leave(batch.unwanted());
    }
  }

  private void work() {
    for (int worker = 0; worker < freeAt.length; worker++) {
      if (freeAt[worker] <= now) {
        step(worker);
      }
    }
  }

  private void step(int worker) {
    var decision = queue.next(now, batch);
    leave(batch.unwanted());
    switch (decision) {
      case null -> {
        lookAgain = NEVER;
        assertThat(waiting).isEmpty();
      }
      case BatchDecision.LookAgain(long at) -> lookAgain = waitingUntil(at);
      case BatchDecision.Run(int count) -> {
        lookAgain = NEVER;
        assertThat(count).isEqualTo(batch.count());
        run(worker);
      }
    }
  }

  private long waitingUntil(long at) {
    assertThat(batch.count()).isZero();
    assertThat(at).isGreaterThan(now);
    oracle.checkWait(waiting, at, now, learned.times());
    tally.companyWaits++;
    return at;
  }

  private void run(int worker) {
    oracle.checkRun(waiting, batch.parts(), now, learned.times());
    int rows = batch.rows();
    tally.keptShort += oracle.isKeptShort(waiting, now, learned.times()) ? 1 : 0;
    tally.fullBatches += rows == settings.maxBatchRows() ? 1 : 0;
    tally.preferred += settings.preferredBatchRows().contains(rows) ? 1 : 0;
    for (var part : batch.parts()) {
      tally.ran++;
      tally.delayed += part.delayed ? 1 : 0;
      leave(part);
    }
    long nanos = 10 + 3L * rows;
    freeAt[worker] = now + nanos;
    learned.ran(rows, nanos);
    if (!waiting.isEmpty()) {
      // As the worker that wakes another one before it runs.
      Arrays.stream(freeAt).filter(free -> free <= now).findAny().ifPresent(_ -> lookAgain = now);
    }
  }

  private void leave(List<Part> unwanted) {
    for (var part : unwanted) {
      if (part.request.outcome().cancelled()) {
        tally.forgotten++;
      } else {
        oracle.checkRefused(part, now, learned.times());
        tally.refusedLate++;
      }
      leave(part);
    }
  }

  private void leave(Part part) {
    assertThat(left.add(part)).as("left once").isTrue();
    assertThat(waiting.remove(part)).as("waited").isTrue();
  }
}
