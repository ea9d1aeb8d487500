package dev.millrace.serving.telemetry;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts the inference requests that failed and belong to no loaded version: those that were not
 * read far enough to name one, and those that name one which is not there. Their tags say {@code -}
 * and never what the client wrote, or clients could make series without end. Any thread.
 */
public final class UnservedRequests {
  /** No model or version has this name. */
  private static final String NOBODY = "-";

  private final EnumMap<FailureReason, LongAdder> failures = new EnumMap<>(FailureReason.class);

  /** Registers with this registry. */
  public UnservedRequests(MeterRegistry registry) {
    var meter = ServingMeter.REQUEST_FAILURE;
    for (var reason : FailureReason.values()) {
      var counted = new LongAdder();
      failures.put(reason, counted);
      Gauge.builder(meter.meterName(), counted::sum)
          .description(meter.description())
          .tags("model", NOBODY, "version", NOBODY, "reason", reason.name())
          .strongReference(true)
          .register(registry);
    }
  }

  /** A request failed before any version could count it. */
  public void failed(FailureReason reason) {
    requireNonNull(failures.get(reason)).increment();
  }
}
