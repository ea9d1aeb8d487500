package dev.millrace.serving.lifecycle;

import dev.millrace.serving.scheduling.ModelScheduler;
import dev.millrace.serving.telemetry.ModelMeters;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** One version that is open, checked and warm, with the leases on it. */
final class LoadedVersion {
  private final Candidate candidate;
  private final ModelDescription description;
  private final Workers workers;
  private final Duration loadTime;
  private final Instant availableSince;
  private final boolean batchable;
  private final LeaseCount leases = new LeaseCount();

  /** What computes its answers, counts them and, where there is a cache, keeps them. */
  record Workers(
      ModelScheduler scheduler, ModelMeters meters, String device, @Nullable ResponseCache cache) {}

  LoadedVersion(
      Candidate candidate,
      ModelDescription description,
      Workers workers,
      Duration loadTime,
      Instant availableSince) {
    this.candidate = candidate;
    this.description = description;
    this.workers = workers;
    this.loadTime = loadTime;
    this.availableSince = availableSince;
    this.batchable = description.signature().batchable();
  }

  String model() {
    return candidate.model();
  }

  String version() {
    return candidate.version();
  }

  /** Whether it was loaded from the same content under the same number. */
  boolean has(Candidate other) {
    return version().equals(other.version()) && candidate.identity().equals(other.identity());
  }

  boolean batchable() {
    return batchable;
  }

  ModelDescription description() {
    return description;
  }

  Workers workers() {
    return workers;
  }

  Duration loadTime() {
    return loadTime;
  }

  LeaseCount leases() {
    return leases;
  }

  /** Stops the workers and gives the memory back; only after it drained. Blocks. */
  void close() {
    workers.scheduler().close();
    workers.meters().close();
  }

  VersionStatus status(VersionState state, String reason, boolean live) {
    return new VersionStatus(
        model(), version(), state, reason, live, workers.device(), loadTime, availableSince);
  }
}
