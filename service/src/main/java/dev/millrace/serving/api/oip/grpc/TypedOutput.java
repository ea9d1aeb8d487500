package dev.millrace.serving.api.oip.grpc;

import com.google.protobuf.ByteString;
import dev.millrace.protocol.oip.InferTensorContents;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Prints a tensor as protobuf values. */
final class TypedOutput {
  private TypedOutput() {}

  /** Whether the protocol has typed contents for it. */
  static boolean exists(DataType type) {
    return ContentsField.of(type).isPresent();
  }

  static InferTensorContents of(Tensor tensor) {
    var data = tensor.data().duplicate().order(ByteOrder.LITTLE_ENDIAN);
    var contents = InferTensorContents.newBuilder();
    while (data.hasRemaining()) {
      addElement(contents, tensor.type(), data);
    }
    return contents.build();
  }

  private static void addElement(
      InferTensorContents.Builder contents, DataType type, ByteBuffer data) {
    switch (type) {
      case BOOL -> contents.addBoolContents(data.get() != 0);
      case INT8 -> contents.addIntContents(data.get());
      case INT16 -> contents.addIntContents(data.getShort());
      case INT32 -> contents.addIntContents(data.getInt());
      case INT64 -> contents.addInt64Contents(data.getLong());
      case UINT8 -> contents.addUintContents(Byte.toUnsignedInt(data.get()));
      case UINT16 -> contents.addUintContents(Short.toUnsignedInt(data.getShort()));
      case UINT32 -> contents.addUintContents(data.getInt());
      case UINT64 -> contents.addUint64Contents(data.getLong());
      case FP32 -> contents.addFp32Contents(data.getFloat());
      case FP64 -> contents.addFp64Contents(data.getDouble());
      case BYTES -> contents.addBytesContents(ByteString.copyFrom(data, data.getInt()));
      case FP16, BF16 -> throw new IllegalArgumentException(type + " has no typed contents");
    }
  }
}
