package dev.millrace.serving.api.oip.grpc;

import com.google.common.primitives.Longs;
import com.google.protobuf.ByteString;
import dev.millrace.protocol.oip.ModelInferResponse;
import dev.millrace.protocol.oip.ModelInferResponse.InferOutputTensor;
import dev.millrace.serving.api.oip.grpc.DecodedInfer.Form;
import dev.millrace.serving.inference.InferenceAnswer;
import dev.millrace.serving.tensor.Tensor;
import java.util.List;

/** Turns an answer into a ModelInfer message; copies what it needs out of the answer. */
final class InferEncoder {
  private InferEncoder() {}

  /**
   * Answers in the form asked for; all outputs raw where one of them has no typed contents, as a
   * message holds one form only.
   */
  static ModelInferResponse encode(InferenceAnswer answer, String id, Form form) {
    var response =
        ModelInferResponse.newBuilder()
            .setModelName(answer.model())
            .setModelVersion(answer.version())
            .setId(id);
    if (form == Form.TYPED && allTyped(answer.outputs())) {
      addTyped(response, answer.outputs());
    } else {
      addRaw(response, answer.outputs());
    }
    return response.build();
  }

  private static boolean allTyped(List<Tensor> outputs) {
    return outputs.stream().allMatch(output -> TypedOutput.exists(output.type()));
  }

  private static void addTyped(ModelInferResponse.Builder response, List<Tensor> outputs) {
    for (var output : outputs) {
      response.addOutputs(description(output).setContents(TypedOutput.of(output)));
    }
  }

  private static void addRaw(ModelInferResponse.Builder response, List<Tensor> outputs) {
    for (var output : outputs) {
      response.addOutputs(description(output));
      response.addRawOutputContents(ByteString.copyFrom(output.data().duplicate()));
    }
  }

  private static InferOutputTensor.Builder description(Tensor output) {
    return InferOutputTensor.newBuilder()
        .setName(output.name())
        .setDatatype(output.type().name())
        .addAllShape(Longs.asList(output.shape().toArray()));
  }
}
