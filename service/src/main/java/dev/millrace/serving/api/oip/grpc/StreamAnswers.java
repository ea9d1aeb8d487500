package dev.millrace.serving.api.oip.grpc;

import dev.millrace.protocol.oip.InferParameter;
import dev.millrace.protocol.oip.ModelInferResponse;
import dev.millrace.protocol.oip.ModelStreamInferResponse;
import dev.millrace.serving.inference.InferenceAnswer;

/**
 * Messages of ModelStreamInfer, in Triton's wrapper. Each says that it is the last one of its
 * request, as Triton's do: no model here answers a request several times.
 */
final class StreamAnswers {
  private static final int INFER_RESPONSE = 0x12;
  private static final String FINAL = "triton_final_response";

  private static final byte[] LAST =
      ModelInferResponse.newBuilder().putParameters(FINAL, yes()).build().toByteArray();

  private StreamAnswers() {}

  /** The message of an answer; copies what it needs. */
  static EncodedMessage of(InferenceAnswer answer, DecodedInfer request) {
    var shown = request.classes().in(answer);
    var plain = request.wantsPlain() ? PlainAnswers.encode(shown, request.id()) : null;
    return plain == null
        ? wrapped(InferEncoder.encode(shown, request).toByteArray())
        : wrapped(plain.readAllBytes());
  }

  /** The message of a request that has no answer. */
  static EncodedMessage failure(String message, ModelInferResponse.Builder names) {
    return new EncodedMessage(
        ModelStreamInferResponse.newBuilder()
            .setErrorMessage(message)
            .setInferResponse(names.putParameters(FINAL, yes()))
            .build()
            .toByteArray());
  }

  /** Protobuf takes the fields of a message in any order, so more of them may follow. */
  private static EncodedMessage wrapped(byte[] response) {
    int length = Math.addExact(response.length, LAST.length);
    var message = new WireWriter(WireWriter.fieldBytes(length));
    message.head(INFER_RESPONSE, length);
    message.raw(response);
    message.raw(LAST);
    return message.finished();
  }

  private static InferParameter yes() {
    return InferParameter.newBuilder().setBoolParam(true).build();
  }
}
