package dev.millrace.serving.api.oip.grpc;

import dev.millrace.protocol.oip.GRPCInferenceServiceGrpc;
import dev.millrace.serving.api.edge.grpc.GrpcStatuses;
import dev.millrace.serving.failure.InferenceFailure;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;

/**
 * {@code grpc.health.v1}: the server as a whole and the inference service, both serving while the
 * server is ready. A check reads the readiness itself, so that it is never behind the REST route.
 */
final class GrpcHealth extends HealthGrpc.HealthImplBase {
  private static final Set<String> SERVICES = Set.of("", GRPCInferenceServiceGrpc.SERVICE_NAME);

  private final BooleanSupplier ready;
  private final Set<HealthWatcher> watchers = ConcurrentHashMap.newKeySet();

  GrpcHealth(BooleanSupplier ready) {
    this.ready = ready;
  }

  @Override
  public void check(HealthCheckRequest request, StreamObserver<HealthCheckResponse> client) {
    if (SERVICES.contains(request.getService())) {
      client.onNext(response(status()));
      client.onCompleted();
    } else {
      client.onError(
          GrpcStatuses.of(
                  new InferenceFailure.NotFound(
                      "No service '%s' here; ask for '' or '%s'."
                          .formatted(request.getService(), GRPCInferenceServiceGrpc.SERVICE_NAME)))
              .asException());
    }
  }

  @Override
  public void watch(HealthCheckRequest request, StreamObserver<HealthCheckResponse> client) {
    var watcher = new HealthWatcher((ServerCallStreamObserver<HealthCheckResponse>) client);
    if (!SERVICES.contains(request.getService())) {
      watcher.tell(() -> ServingStatus.SERVICE_UNKNOWN);
      return;
    }
    watcher.onLeave(() -> watchers.remove(watcher));
    watchers.add(watcher);
    watcher.tell(this::status);
  }

  void readinessChanged() {
    watchers.forEach(watcher -> watcher.tell(this::status));
  }

  private ServingStatus status() {
    return ready.getAsBoolean() ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
  }

  static HealthCheckResponse response(ServingStatus status) {
    return HealthCheckResponse.newBuilder().setStatus(status).build();
  }
}
