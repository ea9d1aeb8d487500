package dev.millrace.serving.api.oip.grpc;

import com.google.protobuf.ByteString;
import dev.millrace.protocol.oip.InferTensorContents;
import dev.millrace.protocol.oip.ModelInferRequest;
import dev.millrace.protocol.oip.ModelInferRequest.InferInputTensor;
import java.util.Arrays;
import java.util.HexFormat;

/** Makes ModelInfer messages for tests. */
final class Messages {
  private Messages() {}

  static InferInputTensor.Builder input(String datatype, long... shape) {
    var input = InferInputTensor.newBuilder().setName("x").setDatatype(datatype);
    Arrays.stream(shape).forEach(input::addShape);
    return input;
  }

  static ModelInferRequest typed(
      InferInputTensor.Builder input, InferTensorContents.Builder contents) {
    return ModelInferRequest.newBuilder()
        .setModelName("m")
        .addInputs(input.setContents(contents))
        .build();
  }

  static ModelInferRequest raw(InferInputTensor.Builder input, String hex) {
    return ModelInferRequest.newBuilder()
        .setModelName("m")
        .addInputs(input)
        .addRawInputContents(ByteString.copyFrom(HexFormat.of().parseHex(hex)))
        .build();
  }

  static InferTensorContents.Builder contents() {
    return InferTensorContents.newBuilder();
  }
}
