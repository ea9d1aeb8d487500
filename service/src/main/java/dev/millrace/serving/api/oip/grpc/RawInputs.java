package dev.millrace.serving.api.oip.grpc;

import static dev.millrace.serving.api.oip.grpc.InputFailures.invalid;

import com.google.protobuf.ByteString;
import dev.millrace.protocol.oip.ModelInferRequest;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.tensor.ByteStrings;
import dev.millrace.serving.tensor.DataType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Inputs as little-endian bytes: {@code raw_input_contents}.
 *
 * @param contents by the index of the input
 */
record RawInputs(ModelInferRequest message, List<ByteString> contents) implements InputData {
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
    var data = bytes.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    var found = ByteStrings.count(data, 0);
    if (found.isBroken()) {
      throw invalid(
          "Input '%s' ends inside a byte string at byte %d of %d in raw_input_contents. Put its length as four little-endian bytes before each string."
              .formatted(name(index), found.brokenAt(), bytes.size()));
    }
    if (found.count() != elementCount) {
      throw invalid(
          "Input '%s' has %d byte strings in raw_input_contents; its shape %s is %d elements."
              .formatted(
                  name(index),
                  found.count(),
                  message.getInputs(index).getShapeList(),
                  elementCount));
    }
  }

  private String name(int index) {
    return message.getInputs(index).getName();
  }
}
