package dev.millrace.serving.scheduling;

import dev.millrace.serving.telemetry.ServingMeters;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Queue, admission and goal as they are, on simulated time: requests of one row arrive as a Poisson
 * process, and a run takes a fixed part and a part per row, give or take some percent.
 */
final class LatencySimulation {
  private static final long SECOND = 1_000_000_000;
  private static final int MAX_ROWS = 64;

  private final long goalNanos;
  private final double fixedNanos;
  private final double rowNanos;
  private final int workers;
  private final SplittableRandom random = new SplittableRandom(11);
  private final Learned learned;
  private final RequestQueue queue;
  private final Admission admission;
  private final Batch[] batches;

  /** When each worker looks at the queue again; it runs or sleeps until then. */
  private final long[] nextLookNanos;

  private final boolean[] running;
  private final List<Answer> answers = new ArrayList<>();
  private long nowNanos;
  private long refused;

  /** One request that was answered. */
  record Answer(long submittedNanos, long latencyNanos) {}

  LatencySimulation(Duration goal, double fixedMillis, double rowMillis, int workers) {
    goalNanos = goal.toNanos();
    fixedNanos = fixedMillis * 1e6;
    rowNanos = rowMillis * 1e6;
    this.workers = workers;
    var common = SchedulerSettings.defaults();
    var settings =
        new SchedulerSettings(
            MAX_ROWS,
            List.of(),
            Duration.ZERO,
            goal,
            common.queue(),
            common.padding(),
            common.order(),
            Duration.ZERO);
    learned = Learned.of(settings, MAX_ROWS, workers, "sim");
    var meters = new ServingMeters(new SimpleMeterRegistry(), () -> nowNanos).open("sim", "1");
    queue = new RequestQueue(settings, MAX_ROWS, meters, learned);
    admission = new Admission(queue, learned, new Refusals("sim"));
    batches = new Batch[workers];
    Arrays.setAll(batches, _ -> new Batch(learned.times()));
    nextLookNanos = new long[workers];
    running = new boolean[workers];
    warmUp();
  }

  /** As a load does: each power of two once. */
  private void warmUp() {
    for (int rows = 1; rows <= MAX_ROWS; rows *= 2) {
      learned.times().ran(rows, runNanos(rows));
    }
  }

  /**
   * Rows a second in the largest batches of which two, a tenth slower than usual, meet the goal.
   */
  double capacity() {
    double best = 0;
    for (int rows = 1; rows <= MAX_ROWS; rows++) {
      double nanos = fixedNanos + rowNanos * rows;
      best = 2.2 * nanos <= goalNanos ? Math.max(best, rows / nanos) : best;
    }
    return best * workers * SECOND;
  }

  /** Lets requests arrive at this rate for so long. */
  void run(double rowsPerSecond, double seconds) {
    long end = nowNanos + (long) (seconds * SECOND);
    long arrival = nowNanos + gap(rowsPerSecond);
    while (true) {
      int worker = nextWorker();
      long next = Math.min(arrival, nextLookNanos[worker]);
      if (next > end) {
        nowNanos = end;
        return;
      }
      nowNanos = next;
      if (next == arrival) {
        arrive();
        arrival += gap(rowsPerSecond);
      } else {
        look(worker);
      }
    }
  }

  long nowNanos() {
    return nowNanos;
  }

  long refused() {
    return refused;
  }

  /** Answers to what was submitted from then on. */
  List<Answer> answersSince(long nanos) {
    return answers.stream().filter(answer -> answer.submittedNanos() >= nanos).toList();
  }

  /** The 99th percentile of what was submitted from then on, in nanoseconds. */
  long p99Since(long nanos) {
    long[] sorted = answersSince(nanos).stream().mapToLong(Answer::latencyNanos).sorted().toArray();
    return sorted[(int) (sorted.length * 0.99)];
  }

  private void arrive() {
    var failure = admission.objection(1, 2, Long.MAX_VALUE, nowNanos);
    if (failure != null || !queue.rows().reserve(1, 2)) {
      refused++;
      return;
    }
    var request = new ScheduledRequest(List.of(), 1, List.of(), Long.MAX_VALUE, 0, Caller.direct());
    queue.push(Part.whole(request, nowNanos).inLine(2, Long.MAX_VALUE));
    wakeOne();
  }

  private void wakeOne() {
    for (int i = 0; i < workers; i++) {
      if (!running[i]) {
        nextLookNanos[i] = nowNanos;
        return;
      }
    }
  }

  private void look(int worker) {
    if (running[worker]) {
      running[worker] = false;
      learned.forecast().ended(worker);
    }
    act(worker, queue.next(nowNanos, batches[worker]));
  }

  private void act(int worker, @Nullable BatchDecision decision) {
    switch (decision) {
      case null -> nextLookNanos[worker] = Long.MAX_VALUE;
      case BatchDecision.LookAgain(long at) -> nextLookNanos[worker] = at;
      case BatchDecision.Run(_) -> start(worker);
    }
  }

  private void start(int worker) {
    int rows = batches[worker].rows();
    long nanos = runNanos(rows);
    running[worker] = true;
    nextLookNanos[worker] = nowNanos + nanos;
    learned.forecast().started(worker, rows, nowNanos);
    learned.ran(rows, nanos);
    for (var part : batches[worker].parts()) {
      long latency = nowNanos + nanos - part.submittedNanos;
      learned.answered(latency);
      answers.add(new Answer(part.submittedNanos, latency));
    }
  }

  private int nextWorker() {
    int first = 0;
    for (int i = 1; i < workers; i++) {
      first = nextLookNanos[i] < nextLookNanos[first] ? i : first;
    }
    return first;
  }

  private long gap(double rowsPerSecond) {
    return (long) (-Math.log(1 - random.nextDouble()) / rowsPerSecond * SECOND) + 1;
  }

  private long runNanos(int rows) {
    return (long) ((fixedNanos + rowNanos * rows) * (1 + 0.05 * random.nextGaussian()));
  }
}
