package dev.millrace.serving.scheduling;

import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.telemetry.FailureReason;
import dev.millrace.serving.telemetry.ModelMeters;
import dev.millrace.serving.telemetry.RefusalCause;
import dev.millrace.serving.telemetry.RequestDurations;

/** Counts what became of requests and sends it home. Owned by one thread. */
final class Handover {
  private final ModelMeters meters;
  private final Deliveries deliveries = new Deliveries();

  Handover(ModelMeters meters) {
    this.meters = meters;
  }

  void answered(ScheduledRequest request, BatchResult result, RequestDurations durations) {
    meters.answered(durations, request.rows());
    deliveries.add(request.outcome(), result);
  }

  /** Of a request that was not queued. */
  void failed(ScheduledRequest request, InferenceFailure failure, FailureReason reason) {
    meters.failed(reason);
    tell(request, failure, reason);
  }

  void failed(
      ScheduledRequest request,
      InferenceFailure failure,
      FailureReason reason,
      long submittedNanos) {
    meters.failed(reason, submittedNanos);
    tell(request, failure, reason);
  }

  private void tell(ScheduledRequest request, InferenceFailure failure, FailureReason reason) {
    if (reason == FailureReason.REJECTED) {
      meters.refused(RefusalCause.of(failure));
    }
    deliveries.add(request.outcome(), failure);
  }

  /** Sends off what came together. */
  void send() {
    deliveries.send();
  }
}
