package dev.millrace.serving.api.oip.grpc;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import dev.millrace.protocol.oip.ModelInferRequest;
import dev.millrace.serving.api.edge.grpc.UnreadableMessages;
import io.grpc.KnownLength;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * Refuses a ModelInfer message that takes far more memory than bytes on the wire, before it is
 * parsed: an empty tensor is two bytes but an object, and a small number is one byte but eight in
 * memory.
 *
 * @param maxParsedBytes of shapes and contents once they are parsed
 */
record MessageLimits(long maxParsedBytes) {
  static final int MAX_TENSORS = 1_024;
  private static final int LEAST_TENSOR_BYTES = 2;
  private static final int STEP_BYTES = 512;

  /** The message from its beginning; throws StatusRuntimeException where it is beyond a limit. */
  InputStream checked(InputStream message) {
    try {
      if (isShort(message)) {
        return message;
      }
      var whole =
          message.markSupported() ? message : new ByteArrayInputStream(message.readAllBytes());
      whole.mark(Integer.MAX_VALUE);
      check(CodedInputStream.newInstance(whole, STEP_BYTES), whole.available());
      whole.reset();
      return whole;
    } catch (IOException e) {
      throw UnreadableMessages.status(e).withCause(e).asRuntimeException();
    }
  }

  private static boolean isShort(InputStream message) throws IOException {
    return message instanceof KnownLength
        && message.available() <= MAX_TENSORS * LEAST_TENSOR_BYTES;
  }

  private void check(CodedInputStream fields, int length) throws IOException {
    var sizes = new ParsedSizes(fields, maxParsedBytes);
    boolean mayGrow = length > maxParsedBytes / ParsedSizes.MOST_GROWTH;
    int inputs = 0;
    int outputs = 0;
    int contents = 0;
    try {
      for (int tag = fields.readTag(); tag != 0; tag = fields.readTag()) {
        switch (WireFormat.getTagFieldNumber(tag)) {
          case ModelInferRequest.INPUTS_FIELD_NUMBER -> checkCount("inputs", ++inputs);
          case ModelInferRequest.OUTPUTS_FIELD_NUMBER -> checkCount("outputs", ++outputs);
          case ModelInferRequest.RAW_INPUT_CONTENTS_FIELD_NUMBER ->
              checkCount("raw_input_contents", ++contents);
          default -> {}
        }
        if (mayGrow && tag == ParsedSizes.INPUT) {
          sizes.addInput();
        } else if (!fields.skipField(tag)) {
          return;
        }
      }
    } catch (InvalidProtocolBufferException _) {
      // The parser stops at the same place and says what is wrong.
    }
  }

  private static void checkCount(String field, int count) throws StatusRuntimeException {
    if (count > MAX_TENSORS) {
      throw Status.INVALID_ARGUMENT
          .withDescription(
              "'%s' has more than %d elements, the limit of a request; send rows as one input instead of an input for each."
                  .formatted(field, MAX_TENSORS))
          .asRuntimeException();
    }
  }
}
