package dev.millrace.serving.api.oip.rest;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.lifecycle.ModelDescription;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Tensor;
import dev.millrace.serving.tensor.TensorSpec;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Reads a raw binary request: the body is the one input of the model, one row of it, and the model
 * says its name, type and shape.
 */
final class RawBodyReader {
  private final ModelDescription model;
  private final TensorSpec input;
  private final int bodyBytes;

  private RawBodyReader(ModelDescription model, TensorSpec input, int bodyBytes) {
    this.model = model;
    this.input = input;
    this.bodyBytes = bodyBytes;
  }

  /** The request, which holds a reference to the body; all its outputs are wanted in binary. */
  static DecodedRequest read(ModelDescription model, ByteBuf body, TensorMemory memory) {
    var inputs = model.signature().inputs();
    if (inputs.size() != 1) {
      throw JsonReader.refusal(
          "A raw binary request needs a model with exactly one input; model '%s' has %d. Send JSON with binary tensors."
              .formatted(model.model(), inputs.size()));
    }
    var reader = new RawBodyReader(model, inputs.getFirst(), body.readableBytes());
    var shape = reader.shape();
    var request = new DecodedRequest();
    request.add(
        new Tensor(
            reader.input.name(), reader.input.type(), shape, reader.data(body, request, memory)));
    request.answerInBinary(true);
    return request;
  }

  private ByteBuffer data(ByteBuf body, DecodedRequest request, TensorMemory memory) {
    if (input.type() == DataType.BYTES) {
      var framed = memory.frame(body);
      request.owns(framed);
      return framed.nioBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }
    request.owns(body.retain());
    return body.nioBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  private Shape shape() {
    var dimensions = input.shape().toArray();
    if (dimensions.length > 0 && dimensions[0] == Shape.ANY && model.maxBatchRows() > 0) {
      dimensions[0] = 1;
    }
    return input.type() == DataType.BYTES ? oneString(dimensions) : filledIn(dimensions);
  }

  private Shape oneString(long[] dimensions) {
    if (Arrays.stream(dimensions).anyMatch(size -> size != 1)) {
      throw JsonReader.refusal(
          "A raw binary request carries one string; input '%s' of shape %s takes more. Send JSON with binary tensors."
              .formatted(input.name(), input.shape()));
    }
    return Shape.of(dimensions);
  }

  private Shape filledIn(long[] dimensions) {
    int open = -1;
    long known = 1;
    for (int i = 0; i < dimensions.length; i++) {
      if (dimensions[i] != Shape.ANY) {
        known *= dimensions[i];
      } else if (open >= 0) {
        throw JsonReader.refusal(
            "A raw binary request does not tell the dimensions of input '%s', whose shape is %s. Send JSON with binary tensors."
                .formatted(input.name(), input.shape()));
      } else {
        open = i;
      }
    }
    return open < 0 ? exact(dimensions, known) : fitted(dimensions, open, known);
  }

  private Shape exact(long[] dimensions, long elements) {
    if (elements * input.type().sizeBytes() != bodyBytes) {
      throw wrongSize(Shape.of(dimensions));
    }
    return Shape.of(dimensions);
  }

  private Shape fitted(long[] dimensions, int open, long elementsOfOne) {
    long bytesOfOne = elementsOfOne * input.type().sizeBytes();
    if (bytesOfOne == 0 || bodyBytes % bytesOfOne != 0) {
      throw wrongSize(Shape.of(dimensions));
    }
    dimensions[open] = bodyBytes / bytesOfOne;
    return Shape.of(dimensions);
  }

  private InferenceException wrongSize(Shape shape) {
    return JsonReader.refusal(
        "unexpected total byte size %d for input '%s': a raw binary request is one row, %s of shape %s"
            .formatted(bodyBytes, input.name(), input.type(), shape));
  }
}
