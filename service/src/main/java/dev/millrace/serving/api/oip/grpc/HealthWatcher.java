package dev.millrace.serving.api.oip.grpc;

import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.function.Supplier;

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

  /** Sends the status where it is news. It is read under the lock, so the last one told is new. */
  synchronized void tell(Supplier<ServingStatus> current) {
    var status = current.get();
    if (status != told && !client.isCancelled()) {
      told = status;
      client.onNext(GrpcHealth.response(status));
    }
  }
}
