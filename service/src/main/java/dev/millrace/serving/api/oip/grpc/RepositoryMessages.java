package dev.millrace.serving.api.oip.grpc;

import dev.millrace.protocol.oip.ModelRepositoryParameter;
import dev.millrace.protocol.oip.RepositoryIndexResponse;
import dev.millrace.protocol.oip.RepositoryIndexResponse.ModelIndex;
import dev.millrace.protocol.oip.RepositoryModelLoadRequest;
import dev.millrace.protocol.oip.RepositoryModelUnloadRequest;
import dev.millrace.serving.api.edge.LoadParameters;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.lifecycle.VersionState;
import dev.millrace.serving.lifecycle.VersionStatus;
import java.util.List;
import java.util.Optional;

/** Messages of the model_repository extension. */
final class RepositoryMessages {
  private static final String DEPENDENTS = "unload_dependents";

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

  /**
   * The configuration that a load brings along, in JSON; empty when there is none. Refuses files,
   * and what is no parameter of a load.
   */
  static Optional<String> loadConfig(RepositoryModelLoadRequest message) {
    for (var name : message.getParametersMap().keySet()) {
      if (name.startsWith(LoadParameters.FILE)) {
        throw LoadParameters.file(name);
      }
      if (!name.equals(LoadParameters.CONFIG)) {
        throw LoadParameters.unknown(name);
      }
    }
    return Optional.ofNullable(message.getParametersMap().get(LoadParameters.CONFIG))
        .map(RepositoryMessages::text);
  }

  /** Whether the models that an ensemble asks are to go with it. */
  static boolean unloadsDependents(RepositoryModelUnloadRequest message) {
    var parameter = message.getParametersMap().get(DEPENDENTS);
    if (parameter == null) {
      return false;
    }
    if (!parameter.hasBoolParam()) {
      throw new InferenceException(
          new InferenceFailure.Invalid(
              "Parameter '%s' must be true or false, in bool_param.".formatted(DEPENDENTS)));
    }
    return parameter.getBoolParam();
  }

  private static String text(ModelRepositoryParameter parameter) {
    if (!parameter.hasStringParam()) {
      throw LoadParameters.notText();
    }
    return parameter.getStringParam();
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
