package dev.millrace.serving.api.oip.rest;

import dev.millrace.serving.tensor.ByteStrings;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Tensor;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Hands out the binary tensors behind the JSON, in order, as views on the body. */
final class BinaryTensorReader {
  private final String model;
  private final ByteBuf body;
  private final DecodedRequest request;
  private int position;
  private boolean retained;

  /** Starts at an index of the body; the request holds the body once a tensor lies in it. */
  BinaryTensorReader(String model, ByteBuf body, int position, DecodedRequest request) {
    this.model = model;
    this.body = body;
    this.position = position;
    this.request = request;
  }

  /** The next tensor, of as many bytes as the client says. */
  Tensor next(String name, DataType type, Shape shape, long sizeBytes) {
    int left = body.writerIndex() - position;
    if (sizeBytes > left) {
      throw JsonReader.refusal(
          "unexpected size for input '%s', expecting %d additional bytes for model '%s'"
              .formatted(name, sizeBytes - left, model));
    }
    var data = body.nioBuffer(position, (int) sizeBytes).order(ByteOrder.LITTLE_ENDIAN);
    checkSize(name, type, shape, data);
    position += (int) sizeBytes;
    retain();
    return new Tensor(name, type, shape, data);
  }

  /** Refuses bytes that belong to no input. */
  void expectEnd() {
    if (position != body.writerIndex()) {
      throw JsonReader.refusal(
          "unexpected additional input data for model '%s': %d bytes after the last input. Give each binary input its 'binary_data_size', and the JSON its length in 'Inference-Header-Content-Length'."
              .formatted(model, body.writerIndex() - position));
    }
  }

  private void retain() {
    if (!retained) {
      request.owns(body.retain());
      retained = true;
    }
  }

  private static void checkSize(String name, DataType type, Shape shape, ByteBuffer data) {
    long count = TensorMemory.count(name, shape);
    if (type == DataType.BYTES) {
      checkStrings(name, shape, count, data);
      return;
    }
    // Divided, because the product may not fit 64 bits.
    boolean fits =
        data.remaining() % type.sizeBytes() == 0 && data.remaining() / type.sizeBytes() == count;
    if (!fits) {
      throw JsonReader.refusal(
          "unexpected total byte size %d for input '%s': shape %s of %s holds %d values of %d bytes"
              .formatted(data.remaining(), name, shape, type, count, type.sizeBytes()));
    }
  }

  private static void checkStrings(String name, Shape shape, long count, ByteBuffer data) {
    var found = ByteStrings.count(data, 0);
    if (found.isBroken()) {
      throw JsonReader.refusal(
          "incomplete string data for inference input '%s' at element %d: each string is its length as four little-endian bytes, then its bytes"
              .formatted(name, found.count()));
    }
    if (found.count() != count) {
      throw JsonReader.refusal(
          "expected %d strings for inference input '%s' of shape %s, got %d"
              .formatted(count, name, shape, found.count()));
    }
  }
}
