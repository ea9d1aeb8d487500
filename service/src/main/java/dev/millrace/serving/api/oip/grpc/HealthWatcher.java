package dev.millrace.serving.api.oip.grpc;

import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.stub.ServerCallStreamObserver;

/** One client that watches the health of the server. */
final class HealthWatcher {
  private final ServerCallStreamObserver<HealthCheckResponse> client;
  // Guarded by this.
  private ServingStatus told = ServingStatus.UNKNOWN;

  HealthWatcher(ServerCallStreamObserver<HealthCheckResponse> client) {
    this.client = client;
  }

  void onLeave(Runnable action) {
    client.setOnCancelHandler(action);
  }

  /** Sends the status where it is news. */
  synchronized void tell(ServingStatus status) {
    if (status != told && !client.isCancelled()) {
      told = status;
      client.onNext(GrpcHealth.response(status));
    }
  }
}
