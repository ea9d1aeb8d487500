package dev.millrace.serving.api.oip.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.failure.InferenceException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** Decodes bodies with an allocator that knows what was not given back. */
final class Decoding {
  static final int LIMIT_BYTES = 1 << 20;

  private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);

  ByteBuf direct(byte[] bytes) {
    return allocator.directBuffer(Math.max(1, bytes.length)).writeBytes(bytes);
  }

  /** Decodes a JSON body for as long as the check runs. */
  void json(String json, Consumer<DecodedRequest> check) {
    var bytes = json.getBytes(StandardCharsets.UTF_8);
    body(bytes, bytes.length, check);
  }

  void body(byte[] bytes, int jsonBytes, Consumer<DecodedRequest> check) {
    var body = direct(bytes);
    try (var request =
        InferBodyReader.read("m", body, jsonBytes, new TensorMemory(allocator, LIMIT_BYTES))) {
      check.accept(request);
    } finally {
      body.release();
    }
  }

  /** The message that refuses the body. */
  String refusal(String json) {
    try {
      json(json, _ -> {});
    } catch (InferenceException e) {
      return e.failure().message();
    }
    throw new AssertionError("Not refused: " + json);
  }

  UnpooledByteBufAllocator allocator() {
    return allocator;
  }

  void assertNothingLeaked() {
    assertThat(allocator.metric().usedDirectMemory()).as("direct memory not given back").isZero();
  }
}
