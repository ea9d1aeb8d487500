package dev.millrace.serving.api.tfserving.grpc;

import static dev.millrace.serving.api.tfserving.grpc.Refused.invalid;
import static dev.millrace.serving.api.tfserving.grpc.Refused.notFound;

import dev.millrace.protocol.tfs.GetModelStatusRequest;
import dev.millrace.protocol.tfs.GetModelStatusResponse;
import dev.millrace.protocol.tfs.ModelServiceGrpc;
import dev.millrace.protocol.tfs.ModelVersionStatus;
import dev.millrace.protocol.tfs.ModelVersionStatus.State;
import dev.millrace.protocol.tfs.StatusProto;
import dev.millrace.serving.api.edge.LiveLabels;
import dev.millrace.serving.lifecycle.ModelCatalog;
import dev.millrace.serving.lifecycle.VersionState;
import dev.millrace.serving.lifecycle.VersionStatus;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.List;

/** The states of versions. */
final class ModelQueries extends ModelServiceGrpc.ModelServiceImplBase {
  private final ModelCatalog catalog;
  private final LiveLabels labels;

  ModelQueries(ModelCatalog catalog, LiveLabels labels) {
    this.catalog = catalog;
    this.labels = labels;
  }

  @Override
  public void getModelStatus(
      GetModelStatusRequest message, StreamObserver<GetModelStatusResponse> client) {
    Refused.replyOrRefuse(client, () -> status(message));
  }

  private GetModelStatusResponse status(GetModelStatusRequest message) {
    if (!message.hasModelSpec()) {
      throw invalid("Missing ModelSpec");
    }
    var servable = Servable.of(message.getModelSpec(), labels);
    var response = GetModelStatusResponse.newBuilder();
    versions(servable, message.getModelSpec().hasVersionLabel())
        .forEach(status -> add(response, status));
    if (response.getModelVersionStatusCount() == 0) {
      throw unknown(servable);
    }
    return response.build();
  }

  /** Newest first. */
  private List<VersionStatus> versions(Servable servable, boolean isLabelled) {
    return catalog.versions().reversed().stream()
        .filter(status -> status.model().equals(servable.model()))
        .filter(status -> servable.version() == null || status.version().equals(servable.version()))
        .filter(status -> !isLabelled || status.live())
        .toList();
  }

  private static RuntimeException unknown(Servable servable) {
    return servable.version() == null
        ? notFound("Could not find any versions of model " + servable.model())
        : notFound(
            "Could not find version " + servable.version() + " of model " + servable.model());
  }

  /** A version that is no number has no place in the message. */
  private static void add(GetModelStatusResponse.Builder response, VersionStatus status) {
    Servable.number(status.version())
        .ifPresent(
            version ->
                response.addModelVersionStatus(
                    ModelVersionStatus.newBuilder()
                        .setVersion(version)
                        .setState(state(status.state()))
                        .setStatus(cause(status))));
  }

  private static State state(VersionState state) {
    return switch (state) {
      case LOADING -> State.LOADING;
      case READY -> State.AVAILABLE;
      case UNLOADING -> State.UNLOADING;
      case UNAVAILABLE -> State.END;
    };
  }

  private static StatusProto cause(VersionStatus status) {
    boolean failed =
        status.state() == VersionState.UNAVAILABLE && !status.reason().equals("unloaded");
    return failed
        ? StatusProto.newBuilder()
            .setErrorCode(Status.Code.UNKNOWN.value())
            .setErrorMessage(status.reason())
            .build()
        : StatusProto.getDefaultInstance();
  }
}
