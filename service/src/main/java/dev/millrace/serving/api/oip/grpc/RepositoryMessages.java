package dev.millrace.serving.api.oip.grpc;

import static dev.millrace.serving.api.oip.grpc.InputFailures.unsupported;

import dev.millrace.protocol.oip.RepositoryIndexResponse;
import dev.millrace.protocol.oip.RepositoryIndexResponse.ModelIndex;
import dev.millrace.protocol.oip.RepositoryModelLoadRequest;
import dev.millrace.serving.lifecycle.VersionState;
import dev.millrace.serving.lifecycle.VersionStatus;
import java.util.List;

/** Messages of the model_repository extension. */
final class RepositoryMessages {
  private RepositoryMessages() {}

  static RepositoryIndexResponse index(List<VersionStatus> versions, boolean onlyReady) {
    var response = RepositoryIndexResponse.newBuilder();
    for (var version : versions) {
      if (!onlyReady || version.state() == VersionState.READY) {
        response.addModels(entry(version));
      }
    }
    return response.build();
  }

  /** A configuration or files sent along would be loaded unverified, so they are refused. */
  static void checkLoadParameters(RepositoryModelLoadRequest message) {
    for (var name : message.getParametersMap().keySet()) {
      if (name.equals("config") || name.startsWith("file:")) {
        throw unsupported(
            "Parameter '%s' of the load of model '%s' brings its own files, which Millrace does not take; put the model into the repository and load it by name."
                .formatted(name, message.getModelName()));
      }
    }
  }

  private static ModelIndex entry(VersionStatus version) {
    return ModelIndex.newBuilder()
        .setName(version.model())
        .setVersion(version.version())
        .setState(version.state().name())
        .setReason(version.reason())
        .build();
  }
}
