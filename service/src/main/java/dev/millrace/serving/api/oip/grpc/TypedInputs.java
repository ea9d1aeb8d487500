package dev.millrace.serving.api.oip.grpc;

import static dev.millrace.serving.api.oip.grpc.InputFailures.invalid;
import static dev.millrace.serving.api.oip.grpc.InputFailures.unsupported;

import com.google.protobuf.ByteString;
import dev.millrace.protocol.oip.InferTensorContents;
import dev.millrace.protocol.oip.ModelInferRequest;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.tensor.DataType;
import java.nio.ByteBuffer;

/** Inputs as protobuf values: {@code contents} of each input. */
record TypedInputs(ModelInferRequest message) implements InputData {
  private static final int LENGTH_BYTES = 4;

  @Override
  public int sizeBytes(int index, DataType type, long elementCount) {
    var contents = message.getInputs(index).getContents();
    var field = ContentsField.of(type).orElseThrow(() -> rawOnly(index, type));
    checkOtherFieldsEmpty(index, type, field);
    int found = field.count(contents);
    if (found != elementCount) {
      throw wrongCount(index, field, found, elementCount);
    }
    return type == DataType.BYTES ? byteStringsSize(index) : found * type.sizeBytes();
  }

  @Override
  public void write(int index, DataType type, ByteBuffer target) {
    var contents = message.getInputs(index).getContents();
    switch (type) {
      case BOOL -> writeBooleans(contents, target);
      case INT8 -> writeBytes(index, contents, target);
      case INT16 -> writeShorts(index, contents, target);
      case INT32 -> writeInts(contents, target);
      case INT64 -> writeLongs(contents, target);
      case UINT8 -> writeUnsignedBytes(index, contents, target);
      case UINT16 -> writeUnsignedShorts(index, contents, target);
      case UINT32 -> writeUnsignedInts(contents, target);
      case UINT64 -> writeUnsignedLongs(contents, target);
      case FP32 -> writeFloats(contents, target);
      case FP64 -> writeDoubles(contents, target);
      case BYTES -> writeByteStrings(contents, target);
      case FP16, BF16 -> throw rawOnly(index, type);
    }
  }

  private static void writeBooleans(InferTensorContents contents, ByteBuffer target) {
    for (int i = 0; i < contents.getBoolContentsCount(); i++) {
      target.put((byte) (contents.getBoolContents(i) ? 1 : 0));
    }
  }

  private void writeBytes(int index, InferTensorContents contents, ByteBuffer target) {
    for (int i = 0; i < contents.getIntContentsCount(); i++) {
      int value = contents.getIntContents(i);
      checkRange(index, i, value, Byte.MIN_VALUE, Byte.MAX_VALUE);
      target.put((byte) value);
    }
  }

  private void writeShorts(int index, InferTensorContents contents, ByteBuffer target) {
    for (int i = 0; i < contents.getIntContentsCount(); i++) {
      int value = contents.getIntContents(i);
      checkRange(index, i, value, Short.MIN_VALUE, Short.MAX_VALUE);
      target.putShort((short) value);
    }
  }

  private static void writeInts(InferTensorContents contents, ByteBuffer target) {
    for (int i = 0; i < contents.getIntContentsCount(); i++) {
      target.putInt(contents.getIntContents(i));
    }
  }

  private static void writeLongs(InferTensorContents contents, ByteBuffer target) {
    for (int i = 0; i < contents.getInt64ContentsCount(); i++) {
      target.putLong(contents.getInt64Contents(i));
    }
  }

  private void writeUnsignedBytes(int index, InferTensorContents contents, ByteBuffer target) {
    for (int i = 0; i < contents.getUintContentsCount(); i++) {
      long value = Integer.toUnsignedLong(contents.getUintContents(i));
      checkRange(index, i, value, 0, 0xFF);
      target.put((byte) value);
    }
  }

  private void writeUnsignedShorts(int index, InferTensorContents contents, ByteBuffer target) {
    for (int i = 0; i < contents.getUintContentsCount(); i++) {
      long value = Integer.toUnsignedLong(contents.getUintContents(i));
      checkRange(index, i, value, 0, 0xFFFF);
      target.putShort((short) value);
    }
  }

  private static void writeUnsignedInts(InferTensorContents contents, ByteBuffer target) {
    for (int i = 0; i < contents.getUintContentsCount(); i++) {
      target.putInt(contents.getUintContents(i));
    }
  }

  private static void writeUnsignedLongs(InferTensorContents contents, ByteBuffer target) {
    for (int i = 0; i < contents.getUint64ContentsCount(); i++) {
      target.putLong(contents.getUint64Contents(i));
    }
  }

  private static void writeFloats(InferTensorContents contents, ByteBuffer target) {
    for (int i = 0; i < contents.getFp32ContentsCount(); i++) {
      target.putFloat(contents.getFp32Contents(i));
    }
  }

  private static void writeDoubles(InferTensorContents contents, ByteBuffer target) {
    for (int i = 0; i < contents.getFp64ContentsCount(); i++) {
      target.putDouble(contents.getFp64Contents(i));
    }
  }

  private static void writeByteStrings(InferTensorContents contents, ByteBuffer target) {
    for (int i = 0; i < contents.getBytesContentsCount(); i++) {
      ByteString value = contents.getBytesContents(i);
      target.putInt(value.size());
      value.copyTo(target);
    }
  }

  private int byteStringsSize(int index) {
    long size = 0;
    for (var value : message.getInputs(index).getContents().getBytesContentsList()) {
      size += LENGTH_BYTES + value.size();
    }
    return Math.toIntExact(size);
  }

  private void checkRange(int index, int element, long value, long lowest, long highest) {
    if (value < lowest || value > highest) {
      var input = message.getInputs(index);
      throw invalid(
          "Input '%s' has the value %d at element %d; %s goes from %d to %d."
              .formatted(input.getName(), value, element, input.getDatatype(), lowest, highest));
    }
  }

  private void checkOtherFieldsEmpty(int index, DataType type, ContentsField expected) {
    var input = message.getInputs(index);
    for (var field : ContentsField.ALL) {
      if (field != expected && field.count(input.getContents()) > 0) {
        throw invalid(
            "Input '%s' of datatype %s has its elements in %s; put them into %s."
                .formatted(input.getName(), type, field.fieldName(), expected.fieldName()));
      }
    }
  }

  private InferenceException wrongCount(
      int index, ContentsField field, int found, long elementCount) {
    var input = message.getInputs(index);
    return invalid(
        "Input '%s' has %d elements in %s; its shape %s is %d elements."
            .formatted(
                input.getName(), found, field.fieldName(), input.getShapeList(), elementCount));
  }

  private InferenceException rawOnly(int index, DataType type) {
    return unsupported(
        "Input '%s' of datatype %s has no typed contents in the protocol; send its bytes in raw_input_contents."
            .formatted(message.getInputs(index).getName(), type));
  }
}
