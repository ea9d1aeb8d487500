package dev.millrace.serving.scheduling;

import java.util.concurrent.atomic.AtomicInteger;

/** Keeps the instances of one model going, and tells when none is left. Thread-safe. */
final class Repairs {
  private final InstanceRepair repair;
  private final Forecast forecast;
  private final Runnable noneLeft;
  private final AtomicInteger instances;

  Repairs(InstanceRepair repair, Forecast forecast, int instances, Runnable noneLeft) {
    this.repair = repair;
    this.forecast = forecast;
    this.noneLeft = noneLeft;
    this.instances = new AtomicInteger(instances);
  }

  /** Called by a worker after each run; false when its instance is lost. May block. */
  boolean goesOn(BatchRunner runner, Turn turn, int worker) {
    if (runner.isWhole(repair, turn)) {
      return true;
    }
    forecast.gone(worker);
    if (instances.decrementAndGet() == 0) {
      noneLeft.run();
    }
    return false;
  }
}
