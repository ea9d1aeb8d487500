package dev.millrace.serving.api.oip.grpc;

import com.google.common.primitives.Longs;
import com.google.protobuf.ByteString;
import dev.millrace.protocol.oip.InferParameter;
import dev.millrace.protocol.oip.ModelInferResponse;
import dev.millrace.protocol.oip.ModelInferResponse.InferOutputTensor;
import dev.millrace.serving.api.oip.grpc.DecodedInfer.Form;
import dev.millrace.serving.api.sharedmemory.RegionPart;
import dev.millrace.serving.api.sharedmemory.SharedPlace;
import dev.millrace.serving.inference.InferenceAnswer;
import dev.millrace.serving.tensor.Tensor;
import java.util.List;

/** Turns an answer into a ModelInfer message; copies what it needs out of the answer. */
final class InferEncoder {
  private InferEncoder() {}

  /** Answers a request; outputs that it wants in shared memory are there afterwards. */
  static ModelInferResponse encode(InferenceAnswer answer, DecodedInfer request) {
    return encode(answer, request.id(), request.form(), request.shared());
  }

  /**
   * Answers in the form asked for; all outputs raw where one of them has no typed contents, as a
   * message holds one form only.
   */
  static ModelInferResponse encode(InferenceAnswer answer, String id, Form form) {
    return encode(answer, id, form, SharedOutputs.NONE);
  }

  private static ModelInferResponse encode(
      InferenceAnswer answer, String id, Form form, SharedOutputs shared) {
    var response =
        ModelInferResponse.newBuilder()
            .setModelName(answer.model())
            .setModelVersion(answer.version())
            .setId(id);
    boolean typed = form == Form.TYPED && allTyped(answer.outputs(), shared);
    for (var output : answer.outputs()) {
      var part = shared.part(output.name());
      if (part != null) {
        add(response, output, part, typed);
      } else if (typed) {
        response.addOutputs(description(output).setContents(TypedOutput.of(output)));
      } else {
        response.addOutputs(description(output));
        response.addRawOutputContents(ByteString.copyFrom(output.data().duplicate()));
      }
    }
    return response.build();
  }

  private static boolean allTyped(List<Tensor> outputs, SharedOutputs shared) {
    return outputs.stream()
        .allMatch(
            output -> shared.part(output.name()) != null || TypedOutput.exists(output.type()));
  }

  private static void add(
      ModelInferResponse.Builder response, Tensor output, RegionPart part, boolean typed) {
    part.write(output.name(), output.data());
    var described =
        description(output)
            .putParameters(
                SharedPlace.REGION,
                InferParameter.newBuilder().setStringParam(part.place().region()).build())
            .putParameters(SharedPlace.BYTE_SIZE, number(output.data().remaining()));
    if (part.place().offset() != 0) {
      described.putParameters(SharedPlace.OFFSET, number(part.place().offset()));
    }
    response.addOutputs(described);
    if (!typed) {
      // Clients take the raw contents by the index of the output.
      response.addRawOutputContents(ByteString.EMPTY);
    }
  }

  private static InferParameter number(long value) {
    return InferParameter.newBuilder().setInt64Param(value).build();
  }

  private static InferOutputTensor.Builder description(Tensor output) {
    return InferOutputTensor.newBuilder()
        .setName(output.name())
        .setDatatype(output.type().name())
        .addAllShape(Longs.asList(output.shape().toArray()));
  }
}
