package dev.millrace.serving.lifecycle;

import dev.millrace.serving.lifecycle.PlacementSettings.Residence;
import dev.millrace.serving.scheduling.RequestScheduler;
import dev.millrace.serving.telemetry.ModelMeters;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** One version that is open, checked and warm, with the leases on it. */
final class LoadedVersion implements Serving.Seat {
  private final Candidate candidate;
  private final ModelDescription description;
  private final Workers workers;
  private final Duration loadTime;
  private final Instant availableSince;
  private final boolean batchable;
  private final LeaseCount leases = new LeaseCount();

  /** When it was used last, in epochs. */
  private volatile long lastUse;

  /**
   * What computes its answers, counts them and, where there is a cache, keeps them.
   *
   * @param mostRows that one request may have
   */
  record Workers(
      RequestScheduler scheduler,
      ModelMeters meters,
      Berths berths,
      @Nullable ResponseCache cache,
      Residence residence,
      int mostRows) {}

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

  @Override
  public Candidate candidate() {
    return candidate;
  }

  String model() {
    return candidate.model();
  }

  /** Whether it was loaded from the same content under the same number. */
  boolean has(Candidate other) {
    return candidate.isSame(other);
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

  Berths berths() {
    return workers.berths();
  }

  long lastUse() {
    return lastUse;
  }

  /** A request uses it in this epoch. Mostly a read: nothing is written a second time. */
  void use(long epoch) {
    if (lastUse != epoch) {
      lastUse = epoch;
    }
  }

  boolean mayBeUnloaded() {
    return workers.residence() == Residence.ON_DEMAND && !workers.scheduler().isExpected();
  }

  /** What remains of it when it is unloaded to make room. */
  DormantVersion dormant() {
    return new DormantVersion(candidate, description, loadTime, availableSince);
  }

  /** Stops the workers and gives the memory back; only after it drained. Blocks. */
  void close() {
    workers.scheduler().close();
    if (workers.cache() != null) {
      workers.cache().close();
    }
    workers.meters().close();
    workers.berths().close();
  }

  VersionStatus status(VersionState state, String reason, boolean live) {
    return new VersionStatus(
        model(), version(), state, reason, live, berths().devices(), loadTime, availableSince);
  }
}
