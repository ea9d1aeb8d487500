package dev.millrace.serving.api.oip.rest;

import io.netty.buffer.ByteBuf;

/**
 * The body of an answer.
 *
 * @param jsonBytes how many of its bytes are JSON; the others are binary tensors
 */
record EncodedAnswer(ByteBuf body, int jsonBytes) {
  boolean hasBinaryTensors() {
    return jsonBytes < body.readableBytes();
  }
}
