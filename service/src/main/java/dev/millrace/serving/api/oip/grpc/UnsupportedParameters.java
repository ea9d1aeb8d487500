package dev.millrace.serving.api.oip.grpc;

import static dev.millrace.serving.api.oip.grpc.InputFailures.unsupported;

import dev.millrace.protocol.oip.InferParameter;
import dev.millrace.protocol.oip.ModelInferRequest.InferInputTensor;
import dev.millrace.protocol.oip.ModelInferRequest.InferRequestedOutputTensor;
import java.util.Map;

/** Refuses the tensor parameters that would change the answer but are not served here. */
final class UnsupportedParameters {
  private UnsupportedParameters() {}

  static void check(InferInputTensor input) {
    checkSharedMemory(input.getName(), input.getParametersMap());
  }

  static void check(InferRequestedOutputTensor output) {
    checkSharedMemory(output.getName(), output.getParametersMap());
    if (output.getParametersMap().containsKey("classification")) {
      throw unsupported(
          "Output '%s' asks for the classification extension, which Millrace does not have; leave the parameter out and read the whole output."
              .formatted(output.getName()));
    }
  }

  private static void checkSharedMemory(String tensor, Map<String, InferParameter> parameters) {
    if (parameters.containsKey("shared_memory_region")) {
      throw unsupported(
          "Tensor '%s' asks for shared memory, which Millrace does not have; send the data in the message."
              .formatted(tensor));
    }
  }
}
