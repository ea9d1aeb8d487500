package dev.millrace.serving.scheduling;

import dev.millrace.serving.telemetry.ServingMeters;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Queue, admission and goal as they are, on simulated time: requests arrive as a Poisson process,
 * and a run takes a fixed part and a part per row, give or take some percent. What a run took is
 * learned when it is over.
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

  /** What the run of each worker takes. */
  private final long[] runNanos;

  /** What each worker waits for its turn now; negative when it has not asked. */
  private final long[] turnNanos;

  private final List<Answer> answers = new ArrayList<>();
  private long nowNanos;
  private long refused;
  private double slowness = 1;
  private int mostRowsOfARequest = 1;
  private long longestTurnNanos;

  /** One request that was answered. */
  record Answer(long submittedNanos, long latencyNanos, int rows, int level) {}

  LatencySimulation(Duration goal, double fixedMillis, double rowMillis, int workers) {
    this(goal, MAX_ROWS, Duration.ZERO, fixedMillis, rowMillis, workers);
  }

  /** Batches of a fixed size and delay, without a goal. */
  static LatencySimulation fixed(
      int batchRows, Duration delay, double fixedMillis, double rowMillis, int workers) {
    return new LatencySimulation(Duration.ZERO, batchRows, delay, fixedMillis, rowMillis, workers);
  }

  private LatencySimulation(
      Duration goal,
      int batchRows,
      Duration delay,
      double fixedMillis,
      double rowMillis,
      int workers) {
    goalNanos = goal.toNanos();
    fixedNanos = fixedMillis * 1e6;
    rowNanos = rowMillis * 1e6;
    this.workers = workers;
    var common = SchedulerSettings.defaults();
    var settings =
        new SchedulerSettings(
            batchRows,
            List.of(),
            delay,
            goal,
            common.queue(),
            common.padding(),
            common.order(),
            Duration.ZERO);
    learned = Learned.of(settings, batchRows, workers, "sim");
    var meters = new ServingMeters(new SimpleMeterRegistry(), () -> nowNanos).open("sim", "1");
    queue = new RequestQueue(settings, batchRows, meters, learned);
    admission = new Admission(queue, learned, new Refusals("sim"));
    batches = new Batch[workers];
    Arrays.setAll(batches, _ -> new Batch(learned.times()));
    nextLookNanos = new long[workers];
    running = new boolean[workers];
    runNanos = new long[workers];
    turnNanos = new long[workers];
    Arrays.fill(turnNanos, -1);
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

  /** From now on a run takes so many times as long. */
  void slowDown(double times) {
    slowness = times;
  }

  /** Requests have 1 to so many rows, and either priority. */
  void mixRequests(int mostRows) {
    mostRowsOfARequest = mostRows;
  }

  /** Before each run other models have the device for up to so long. */
  void share(Duration longestTurn) {
    longestTurnNanos = longestTurn.toNanos();
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
    return p99(answersSince(nanos).stream());
  }

  /** The same of one priority. */
  long p99Since(long nanos, int level) {
    return p99(answersSince(nanos).stream().filter(answer -> answer.level() == level));
  }

  private static long p99(Stream<Answer> answers) {
    long[] sorted = answers.mapToLong(Answer::latencyNanos).sorted().toArray();
    return sorted[(int) (sorted.length * 0.99)];
  }

  private void arrive() {
    int rows = 1 + random.nextInt(mostRowsOfARequest);
    int level = mostRowsOfARequest == 1 ? 2 : 1 + random.nextInt(2);
    var failure = admission.objection(rows, level, Long.MAX_VALUE, nowNanos);
    if (failure != null || !queue.rows().reserve(rows, level)) {
      refused++;
      return;
    }
    var request =
        new ScheduledRequest(List.of(), rows, List.of(), Long.MAX_VALUE, level, Caller.direct());
    queue.push(Part.whole(request, nowNanos).inLine(level, Long.MAX_VALUE));
    wakeOne();
  }

  private void wakeOne() {
    for (int i = 0; i < workers; i++) {
      if (!running[i] && turnNanos[i] < 0) {
        nextLookNanos[i] = nowNanos;
        return;
      }
    }
  }

  private void look(int worker) {
    if (running[worker]) {
      end(worker);
    }
    if (longestTurnNanos > 0 && turnNanos[worker] < 0 && queue.pendingRows() > 0) {
      turnNanos[worker] = random.nextLong(longestTurnNanos);
      nextLookNanos[worker] = nowNanos + turnNanos[worker];
    } else {
      long waited = Math.max(turnNanos[worker], 0);
      turnNanos[worker] = -1;
      act(worker, waited, queue.next(nowNanos, batches[worker]));
    }
  }

  private void end(int worker) {
    running[worker] = false;
    learned.forecast().ended(worker);
    learned.ran(batches[worker].rows(), runNanos[worker]);
    for (var part : batches[worker].parts()) {
      long latency = nowNanos - part.submittedNanos;
      learned.answered(latency);
      answers.add(new Answer(part.submittedNanos, latency, part.rows, part.level));
    }
  }

  private void act(int worker, long waitedNanos, @Nullable BatchDecision decision) {
    switch (decision) {
      case null -> nextLookNanos[worker] = Long.MAX_VALUE;
      case BatchDecision.LookAgain(long at) -> nextLookNanos[worker] = at;
      case BatchDecision.Run(_) -> start(worker, waitedNanos);
    }
  }

  private void start(int worker, long waitedNanos) {
    int rows = batches[worker].rows();
    running[worker] = true;
    runNanos[worker] = runNanos(rows);
    nextLookNanos[worker] = nowNanos + runNanos[worker];
    learned.turns().waited(waitedNanos);
    learned.forecast().started(worker, rows, nowNanos);
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
    return (long) (slowness * (fixedNanos + rowNanos * rows) * (1 + 0.05 * random.nextGaussian()));
  }
}
