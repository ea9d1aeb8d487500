package dev.millrace.serving.lifecycle;

import dev.millrace.serving.telemetry.MeterSnapshot;
import dev.millrace.serving.telemetry.ModelMeters;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Adds up the requests of one model over its versions, so that the sums grow through a swap.
 * Guarded by itself.
 */
final class Traffic {
  private static final MeterSnapshot NONE = new MeterSnapshot(0, 0, 0, 0, 0, 0);

  /** Of the versions that are gone. */
  private MeterSnapshot past = NONE;

  /** Of versions that are gone, while a load of the same version may count on with them. */
  private final Set<ModelMeters> shared = new HashSet<>();

  synchronized void gone(ModelMeters meters) {
    shared.add(meters);
    settle();
  }

  private void settle() {
    for (var meters : List.copyOf(shared)) {
      if (meters.isReleased()) {
        past = sum(past, meters.snapshot());
        shared.remove(meters);
      }
    }
  }

  /**
   * The sums, with the percentiles of the live version.
   *
   * @param loaded of the versions that are not gone
   */
  synchronized MeterSnapshot total(Collection<ModelMeters> loaded, @Nullable ModelMeters live) {
    settle();
    var all = new HashSet<>(loaded);
    all.addAll(shared);
    var total = past;
    for (var meters : all) {
      total = sum(total, meters.snapshot());
    }
    var percentiles = live == null ? NONE : live.snapshot();
    return new MeterSnapshot(
        total.success(),
        total.failure(),
        total.count(),
        total.totalMicros(),
        percentiles.p50Micros(),
        percentiles.p99Micros());
  }

  private static MeterSnapshot sum(MeterSnapshot one, MeterSnapshot other) {
    return new MeterSnapshot(
        one.success() + other.success(),
        one.failure() + other.failure(),
        one.count() + other.count(),
        one.totalMicros() + other.totalMicros(),
        0,
        0);
  }
}
