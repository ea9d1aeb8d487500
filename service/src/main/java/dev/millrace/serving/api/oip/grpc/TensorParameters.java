package dev.millrace.serving.api.oip.grpc;

import static dev.millrace.serving.api.oip.grpc.InputFailures.invalid;
import static dev.millrace.serving.api.oip.grpc.InputFailures.unsupported;

import dev.millrace.protocol.oip.InferParameter;
import dev.millrace.protocol.oip.ModelInferRequest;
import dev.millrace.protocol.oip.ModelInferRequest.InferRequestedOutputTensor;
import dev.millrace.serving.inference.WantedClasses;
import java.util.Map;

/** What the parameters of tensors ask for. */
final class TensorParameters {
  private static final String CLASSIFICATION = "classification";

  private TensorParameters() {}

  /** The outputs wanted as classes; refuses what is not served here. */
  static WantedClasses classes(ModelInferRequest message) {
    var classes = WantedClasses.NONE;
    for (var output : message.getOutputsList()) {
      refuseSharedMemory(output.getName(), output.getParametersMap());
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

  static void refuseSharedMemory(String tensor, Map<String, InferParameter> parameters) {
    if (parameters.containsKey("shared_memory_region")) {
      throw unsupported(
          "Tensor '%s' asks for shared memory, which is off here; send the data in the message."
              .formatted(tensor));
    }
  }
}
