package dev.millrace.serving.api.tfserving.grpc;

import static dev.millrace.serving.api.tfserving.grpc.Refused.invalid;

import dev.millrace.protocol.tfs.TensorProto;
import dev.millrace.serving.tensor.DataType;
import java.nio.ByteBuffer;

/** The elements of a tensor in the list of its type, which may be shorter than its shape. */
record ElementList(String name, DataType type, TensorProto proto) {
  private static final int LENGTH_BYTES = 4;

  /** The list of a type, as the protocol spells it. */
  static String field(DataType type) {
    return switch (type) {
      case BOOL -> "bool_val";
      case INT8, INT16, INT32, UINT8, UINT16 -> "int_val";
      case INT64 -> "int64_val";
      case UINT32 -> "uint32_val";
      case UINT64 -> "uint64_val";
      case FP16, BF16 -> "half_val";
      case FP32 -> "float_val";
      case FP64 -> "double_val";
      case BYTES -> "string_val";
    };
  }

  /** How many elements all lists have together. */
  static long allSizes(TensorProto proto) {
    return (long) proto.getBoolValCount()
        + proto.getIntValCount()
        + proto.getInt64ValCount()
        + proto.getUint32ValCount()
        + proto.getUint64ValCount()
        + proto.getHalfValCount()
        + proto.getFloatValCount()
        + proto.getDoubleValCount()
        + proto.getStringValCount();
  }

  /** What so many strings take in memory, each with its length. */
  static long stringBytes(TensorProto proto, long count) {
    long bytes = LENGTH_BYTES * count;
    long last = 0;
    for (int i = 0; i < proto.getStringValCount(); i++) {
      last = proto.getStringVal(i).size();
      bytes += last;
    }
    return bytes + last * (count - proto.getStringValCount());
  }

  int size() {
    return switch (type) {
      case BOOL -> proto.getBoolValCount();
      case INT8, INT16, INT32, UINT8, UINT16 -> proto.getIntValCount();
      case INT64 -> proto.getInt64ValCount();
      case UINT32 -> proto.getUint32ValCount();
      case UINT64 -> proto.getUint64ValCount();
      case FP16, BF16 -> proto.getHalfValCount();
      case FP32 -> proto.getFloatValCount();
      case FP64 -> proto.getDoubleValCount();
      case BYTES -> proto.getStringValCount();
    };
  }

  /** Writes so many elements, at least as many as the list has. */
  void write(ByteBuffer target, int count) {
    int size = size();
    for (int i = 0; i < size; i++) {
      writeElement(i, target);
    }
    for (int i = size; i < count; i++) {
      if (size == 0) {
        writeZero(target);
      } else {
        writeElement(size - 1, target);
      }
    }
  }

  private void writeElement(int index, ByteBuffer target) {
    switch (type) {
      case BOOL -> target.put((byte) (proto.getBoolVal(index) ? 1 : 0));
      case INT8 -> target.put((byte) within(index, Byte.MIN_VALUE, Byte.MAX_VALUE));
      case UINT8 -> target.put((byte) within(index, 0, 0xFF));
      case INT16 -> target.putShort((short) within(index, Short.MIN_VALUE, Short.MAX_VALUE));
      case UINT16 -> target.putShort((short) within(index, 0, 0xFFFF));
      case INT32 -> target.putInt(proto.getIntVal(index));
      case INT64 -> target.putLong(proto.getInt64Val(index));
      case UINT32 -> target.putInt(proto.getUint32Val(index));
      case UINT64 -> target.putLong(proto.getUint64Val(index));
      case FP16, BF16 -> target.putShort((short) bits(index));
      case FP32 -> target.putFloat(proto.getFloatVal(index));
      case FP64 -> target.putDouble(proto.getDoubleVal(index));
      case BYTES -> {
        var string = proto.getStringVal(index);
        target.putInt(string.size());
        string.copyTo(target);
      }
    }
  }

  private void writeZero(ByteBuffer target) {
    int bytes = type == DataType.BYTES ? LENGTH_BYTES : type.sizeBytes();
    for (int i = 0; i < bytes; i++) {
      target.put((byte) 0);
    }
  }

  private int within(int index, int least, int most) {
    return checked(index, proto.getIntVal(index), least, most);
  }

  private int bits(int index) {
    return checked(index, proto.getHalfVal(index), 0, 0xFFFF);
  }

  private int checked(int index, int value, int least, int most) {
    if (value < least || value > most) {
      throw invalid(
          "Input '%s' has %d at index %d of %s; %s goes from %d to %d."
              .formatted(name, value, index, field(type), type, least, most));
    }
    return value;
  }
}
