package dev.millrace.serving.inference;

import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.lifecycle.LeaseWaiter;
import dev.millrace.serving.lifecycle.ModelLease;

/** A request whose model has to be loaded first. */
record ColdCall(InferenceRequest request, InferenceReply reply, InferenceService service)
    implements LeaseWaiter {
  @Override
  public long deadlineNanos() {
    return request.deadlineNanos();
  }

  @Override
  public boolean cancelled() {
    return reply.cancelled();
  }

  @Override
  public void leased(ModelLease lease, long waitedNanos) {
    service.resume(request, reply, lease, waitedNanos);
  }

  @Override
  public void failed(InferenceFailure failure) {
    service.refuseUnserved(reply, failure);
  }
}
