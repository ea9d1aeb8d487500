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
import dev.millrace.serving.repository.SentModel;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;

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

  /** What a load brings along. Refuses what is no parameter of a load. */
  static SentModel sent(RepositoryModelLoadRequest message) {
    String config = null;
    var files = new HashMap<String, ByteBuffer>();
    for (var parameter : message.getParametersMap().entrySet()) {
      var name = parameter.getKey();
      if (name.startsWith(LoadParameters.FILE)) {
        var path = name.substring(LoadParameters.FILE.length());
        files.put(path, bytes(name, parameter.getValue()));
      } else if (name.equals(LoadParameters.CONFIG)) {
        config = text(parameter.getValue());
      } else {
        throw LoadParameters.unknown(name);
      }
    }
    return new SentModel(config, files);
  }

  private static ByteBuffer bytes(String name, ModelRepositoryParameter parameter) {
    if (!parameter.hasBytesParam()) {
      throw LoadParameters.notBytes(name, "bytes");
    }
    return parameter.getBytesParam().asReadOnlyByteBuffer();
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
