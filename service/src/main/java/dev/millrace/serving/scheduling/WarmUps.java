package dev.millrace.serving.scheduling;

import dev.millrace.serving.runtime.ModelLoadException;
import dev.millrace.serving.telemetry.ModelMeters;
import dev.millrace.serving.time.NanoClock;
import java.time.Duration;
import java.util.List;

/** Warms up all instances of one model before their workers are started. */
final class WarmUps {
  private final List<Worker> workers;
  private final ModelMeters meters;
  private final NanoClock clock;
  private final int mostRows;

  WarmUps(List<Worker> workers, ModelMeters meters, NanoClock clock, int maxBatchRows) {
    this.workers = workers;
    this.meters = meters;
    this.clock = clock;
    mostRows = Math.max(maxBatchRows, 1);
  }

  /** Throws {@link ModelLoadException} where that fails or takes too long; closes all then. */
  void run(Duration limit) {
    long untilNanos = clock.nanos() + limit.toNanos();
    try {
      workers.forEach(worker -> worker.warmUp(untilNanos));
    } catch (WarmUpLateException e) {
      workers.forEach(Worker::discard);
      throw failed("took longer than " + limit, e);
    } catch (RuntimeException | Error e) {
      workers.forEach(Worker::discard);
      throw failed("failed: " + e, e);
    }
  }

  private ModelLoadException failed(String how, Throwable cause) {
    return new ModelLoadException(
        "The warm-up of model '%s' version '%s' %s. Check that the model runs zeros in batches of 1 to %d rows, or allow more time."
            .formatted(meters.model(), meters.version(), how, mostRows),
        cause);
  }
}
