package dev.millrace.serving.api.oip.grpc;

import dev.millrace.serving.inference.InferenceRequest;
import io.netty.buffer.ByteBuf;

/**
 * A decoded ModelInfer message.
 *
 * @param memory holds the inputs of the request; the callee releases it after the reply
 * @param form in which the inputs came and the outputs go
 */
record DecodedInfer(InferenceRequest request, ByteBuf memory, Form form) {
  /** How tensors stand in a message. */
  enum Form {
    RAW,
    TYPED
  }
}
