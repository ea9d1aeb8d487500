package dev.millrace.serving.api.oip.grpc;

import static dev.millrace.serving.api.oip.grpc.InputFailures.invalid;
import static dev.millrace.serving.api.oip.grpc.InputFailures.unsupported;

import dev.millrace.protocol.oip.InferParameter;
import dev.millrace.protocol.oip.ModelInferRequest;
import dev.millrace.protocol.oip.ModelInferRequest.InferRequestedOutputTensor;
import dev.millrace.serving.api.sharedmemory.SharedPlace;
import dev.millrace.serving.api.sharedmemory.SharedRegions;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.inference.WantedClasses;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the parameters of tensors ask for. */
final class TensorParameters {
  private static final String CLASSIFICATION = "classification";

  private TensorParameters() {}

  /** The outputs wanted as classes; refuses what is no number of classes. */
  static WantedClasses classes(ModelInferRequest message) {
    var classes = WantedClasses.NONE;
    for (var output : message.getOutputsList()) {
      var wanted = output.getParametersMap().get(CLASSIFICATION);
      if (wanted != null) {
        classes = classes.and(output.getName(), count(output, wanted));
      }
    }
    return classes;
  }

  private static int count(InferRequestedOutputTensor output, InferParameter wanted) {
    if (!wanted.hasInt64Param()) {
      throw invalid(
          "invalid value type for 'classification' parameter, expected int64_param; output '%s' has %s."
              .formatted(output.getName(), wanted.toString().strip()));
    }
    if (wanted.getInt64Param() < 1) {
      throw invalid(
          "invalid value for 'classification' parameter, expected >= 0; output '%s' asks for %d classes, send 1 or more."
              .formatted(output.getName(), wanted.getInt64Param()));
    }
    return (int) Math.min(Integer.MAX_VALUE, wanted.getInt64Param());
  }

  /** Where in shared memory a tensor lies, null for in the message; refused where that is off. */
  static @Nullable SharedPlace place(
      String tensor, Map<String, InferParameter> parameters, SharedRegions regions) {
    if (parameters.isEmpty()) {
      return null;
    }
    var region = parameters.get(SharedPlace.REGION);
    if (!regions.allowed()) {
      if (region != null) {
        throw unsupported(
            "Tensor '%s' asks for shared memory, which is off here; send the data in the message."
                .formatted(tensor));
      }
      return null;
    }
    if (region != null && !region.hasStringParam()) {
      throw wrongType(SharedPlace.REGION, tensor, "string_param");
    }
    return SharedPlace.of(
        tensor,
        region == null ? null : region.getStringParam(),
        number(tensor, SharedPlace.OFFSET, parameters),
        number(tensor, SharedPlace.BYTE_SIZE, parameters));
  }

  private static @Nullable Long number(
      String tensor, String name, Map<String, InferParameter> parameters) {
    var parameter = parameters.get(name);
    if (parameter == null) {
      return null;
    }
    if (parameter.hasUint64Param()) {
      return parameter.getUint64Param();
    }
    if (!parameter.hasInt64Param() || parameter.getInt64Param() < 0) {
      throw wrongType(name, tensor, "int64_param, 0 or more");
    }
    return parameter.getInt64Param();
  }

  private static InferenceException wrongType(String name, String tensor, String expected) {
    return invalid(
        "invalid value type for '%s' parameter for tensor '%s', expected %s."
            .formatted(name, tensor, expected));
  }
}
