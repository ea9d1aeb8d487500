package dev.millrace.serving.scheduling;

import org.jspecify.annotations.Nullable;

/** What the workers of one model learned, for those who decide. */
record Learned(ComputeTimes times, TurnWaits turns, Forecast forecast, @Nullable LatencyGoal goal) {
  static Learned of(SchedulerSettings settings, int maxBatchRows, int workers, String model) {
    var times = new ComputeTimes();
    long nanos = settings.latencyGoal().toNanos();
    var turns = new TurnWaits();
    var goal = nanos == 0 ? null : new LatencyGoal(model, nanos, maxBatchRows, times, turns);
    return new Learned(times, turns, new Forecast(times, turns, workers), goal);
  }

  void ran(int rows, long nanos) {
    times.ran(rows, nanos);
    if (goal != null) {
      goal.ran(nanos);
    }
  }

  /** A request was refused for what is expected, while nothing ran. */
  void refused(int rows) {
    times.refused(rows);
    turns.refused();
  }

  void answered(long nanos) {
    if (goal != null) {
      goal.answered(nanos);
    }
  }
}
