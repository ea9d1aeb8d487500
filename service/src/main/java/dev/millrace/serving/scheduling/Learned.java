package dev.millrace.serving.scheduling;

import org.jspecify.annotations.Nullable;

/** What the workers of one model learned, for those who decide. */
record Learned(ComputeTimes times, Forecast forecast, @Nullable LatencyGoal goal) {
  static Learned of(SchedulerSettings settings, int maxBatchRows, int workers) {
    var times = new ComputeTimes();
    long nanos = settings.latencyGoal().toNanos();
    var goal = nanos == 0 ? null : new LatencyGoal(nanos, maxBatchRows, times);
    return new Learned(times, new Forecast(times, workers), goal);
  }

  void ran(int rows, long nanos) {
    times.ran(rows, nanos);
    if (goal != null) {
      goal.ran(nanos);
    }
  }

  void answered(long nanos) {
    if (goal != null) {
      goal.answered(nanos);
    }
  }
}
