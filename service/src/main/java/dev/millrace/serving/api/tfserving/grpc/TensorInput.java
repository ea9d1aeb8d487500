package dev.millrace.serving.api.tfserving.grpc;

import static dev.millrace.serving.api.tfserving.grpc.Refused.invalid;

import dev.millrace.protocol.tfs.TensorProto;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import java.nio.ByteBuffer;

/**
 * One input of a message, checked: its elements are as many as its shape says, or in a shorter list
 * whose last one goes on to the end, and without any they are zeros, as TensorFlow has it.
 *
 * @param sizeBytes of its elements in memory
 */
record TensorInput(
    String name, DataType type, Shape shape, TensorProto proto, int count, int sizeBytes) {
  /**
   * Checks a tensor; throws InferenceException where it contradicts itself or takes more memory
   * than is left.
   */
  static TensorInput of(String name, TensorProto proto, long leftBytes) {
    var type = ElementTypes.of(proto.getDtype()).orElseThrow(() -> unknownType(name, proto));
    var shape = shape(name, proto);
    long count = count(name, shape);
    // The smallest element is a byte; so what is multiplied below stays far from overflow.
    checkSize(name, count, leftBytes);
    checkForm(name, proto, type, count);
    long sizeBytes =
        type == DataType.BYTES ? strings(name, proto, count) : count * type.sizeBytes();
    checkSize(name, sizeBytes, leftBytes);
    checkContent(name, proto, type, shape, sizeBytes);
    return new TensorInput(name, type, shape, proto, (int) count, (int) sizeBytes);
  }

  /** Writes the elements from the position of a little-endian target on. */
  void write(ByteBuffer target) {
    if (!proto.getTensorContent().isEmpty()) {
      writeContent(target);
    } else {
      new ElementList(name, type, proto).write(target, count);
    }
  }

  private void writeContent(ByteBuffer target) {
    if (type == DataType.BYTES) {
      new StringContent(name, proto.getTensorContent(), count).write(target);
    } else {
      proto.getTensorContent().copyTo(target);
    }
  }

  private static Shape shape(String name, TensorProto proto) {
    var given = proto.getTensorShape();
    if (given.getUnknownRank()) {
      throw invalid("Input '%s' has a shape of unknown rank; send its dimensions.".formatted(name));
    }
    var dimensions = new long[given.getDimCount()];
    for (int i = 0; i < dimensions.length; i++) {
      dimensions[i] = given.getDim(i).getSize();
      if (dimensions[i] < 0) {
        throw invalid(
            "Input '%s' has dimension %d in its shape; the shape of a request has no negative dimension."
                .formatted(name, dimensions[i]));
      }
    }
    return Shape.of(dimensions);
  }

  private static long count(String name, Shape shape) {
    try {
      return shape.elementCount();
    } catch (ArithmeticException _) {
      throw invalid(
          "Input '%s' has shape %s, more elements than can be counted.".formatted(name, shape));
    }
  }

  private static void checkForm(String name, TensorProto proto, DataType type, long count) {
    int own = new ElementList(name, type, proto).size();
    if (own != ElementList.allSizes(proto)) {
      throw invalid(
          "Input '%s' is %s but has elements in the list of another type. Send them in %s."
              .formatted(name, proto.getDtype(), ElementList.field(type)));
    }
    if (own > 0 && !proto.getTensorContent().isEmpty()) {
      throw invalid(
          "Input '%s' has both tensor_content and %s. Send one of the two."
              .formatted(name, ElementList.field(type)));
    }
    if (own > count) {
      throw invalid(
          "Input '%s' has %d elements in %s; its shape is %d elements."
              .formatted(name, own, ElementList.field(type), count));
    }
  }

  private static long strings(String name, TensorProto proto, long count) {
    return proto.getTensorContent().isEmpty()
        ? ElementList.stringBytes(proto, count)
        : new StringContent(name, proto.getTensorContent(), (int) count).sizeBytes();
  }

  private static void checkContent(
      String name, TensorProto proto, DataType type, Shape shape, long sizeBytes) {
    int found = proto.getTensorContent().size();
    if (found > 0 && type != DataType.BYTES && found != sizeBytes) {
      throw invalid(
          "Input '%s' has %d bytes in tensor_content; its shape %s of %s is %d bytes. Send exactly the elements of the shape."
              .formatted(name, found, shape, proto.getDtype(), sizeBytes));
    }
  }

  private static void checkSize(String name, long bytes, long leftBytes) {
    if (bytes > leftBytes) {
      throw new InferenceException(
          new InferenceFailure.TooLarge(
              "Input '%s' takes %d bytes of memory or more, but only %d are left of the limit of a request. Send fewer rows per request, or raise the limit of the message."
                  .formatted(name, bytes, leftBytes)));
    }
  }

  private static InferenceException unknownType(String name, TensorProto proto) {
    return invalid(
        "Input '%s' has dtype %s (%d), which no model here takes."
            .formatted(name, proto.getDtype(), proto.getDtypeValue()));
  }
}
