package dev.millrace.serving.api.oip.grpc;

import static dev.millrace.serving.api.oip.grpc.InputFailures.invalid;

import com.google.protobuf.ByteString;
import dev.millrace.protocol.oip.ModelInferRequest;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.tensor.DataType;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Inputs as little-endian bytes: {@code raw_input_contents}.
 *
 * @param contents by the index of the input
 */
record RawInputs(ModelInferRequest message, List<ByteString> contents) implements InputData {
  private static final int LENGTH_BYTES = 4;

  /** One for each input but those that lie in shared memory. */
  static RawInputs of(ModelInferRequest message, InputPlaces places) {
    var inOrder = message.getRawInputContentsList().iterator();
    var contents = new ArrayList<ByteString>(message.getInputsCount());
    for (int i = 0; i < message.getInputsCount(); i++) {
      contents.add(places.has(i) ? ByteString.EMPTY : inOrder.next());
    }
    return new RawInputs(message, contents);
  }

  @Override
  public int sizeBytes(int index, DataType type, long elementCount) {
    var bytes = contents.get(index);
    if (type == DataType.BYTES) {
      checkByteStrings(index, bytes, elementCount);
    } else if (elementCount > Integer.MAX_VALUE
        || bytes.size() != elementCount * type.sizeBytes()) {
      throw wrongSize(index, bytes, elementCount, type);
    }
    return bytes.size();
  }

  @Override
  public void write(int index, DataType type, ByteBuffer target) {
    contents.get(index).copyTo(target);
  }

  private InferenceException wrongSize(
      int index, ByteString bytes, long elementCount, DataType type) {
    return invalid(
        "Input '%s' has %d bytes in raw_input_contents; its shape %s is %d elements of %s, %d bytes each. Send exactly the elements of the shape."
            .formatted(
                name(index),
                bytes.size(),
                message.getInputs(index).getShapeList(),
                elementCount,
                type,
                type.sizeBytes()));
  }

  private void checkByteStrings(int index, ByteString bytes, long elementCount) {
    long found = 0;
    int position = 0;
    while (position < bytes.size()) {
      position = endOfByteString(index, bytes, position);
      found++;
    }
    if (found != elementCount) {
      throw invalid(
          "Input '%s' has %d byte strings in raw_input_contents; its shape %s is %d elements."
              .formatted(
                  name(index), found, message.getInputs(index).getShapeList(), elementCount));
    }
  }

  private int endOfByteString(int index, ByteString bytes, int position) {
    int start = position + LENGTH_BYTES;
    long end = start > bytes.size() ? Long.MAX_VALUE : start + length(bytes, position);
    if (end > bytes.size()) {
      throw invalid(
          "Input '%s' ends inside a byte string at byte %d of %d in raw_input_contents. Put its length as four little-endian bytes before each string."
              .formatted(name(index), position, bytes.size()));
    }
    return (int) end;
  }

  private static long length(ByteString bytes, int position) {
    return (bytes.byteAt(position) & 0xFFL)
        | (bytes.byteAt(position + 1) & 0xFFL) << 8
        | (bytes.byteAt(position + 2) & 0xFFL) << 16
        | (bytes.byteAt(position + 3) & 0xFFL) << 24;
  }

  private String name(int index) {
    return message.getInputs(index).getName();
  }
}
