package dev.millrace.serving.api.tfserving.grpc;

import com.google.protobuf.ByteString;
import dev.millrace.protocol.tfs.TensorProto;
import dev.millrace.protocol.tfs.TensorShapeProto;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Prints a tensor in the list of its type, as TensorFlow Serving answers. */
final class TensorOutput {
  private TensorOutput() {}

  static TensorProto of(Tensor tensor) {
    var data = tensor.data().duplicate().order(ByteOrder.LITTLE_ENDIAN);
    var proto =
        TensorProto.newBuilder()
            .setDtype(ElementTypes.of(tensor.type()))
            .setTensorShape(shape(tensor.shape()));
    while (data.hasRemaining()) {
      addElement(proto, tensor.type(), data);
    }
    return proto.build();
  }

  static TensorShapeProto shape(Shape shape) {
    var proto = TensorShapeProto.newBuilder();
    for (int i = 0; i < shape.rank(); i++) {
      proto.addDim(TensorShapeProto.Dim.newBuilder().setSize(shape.dimension(i)));
    }
    return proto.build();
  }

  private static void addElement(TensorProto.Builder proto, DataType type, ByteBuffer data) {
    switch (type) {
      case BOOL -> proto.addBoolVal(data.get() != 0);
      case INT8 -> proto.addIntVal(data.get());
      case INT16 -> proto.addIntVal(data.getShort());
      case INT32 -> proto.addIntVal(data.getInt());
      case INT64 -> proto.addInt64Val(data.getLong());
      case UINT8 -> proto.addIntVal(Byte.toUnsignedInt(data.get()));
      case UINT16 -> proto.addIntVal(Short.toUnsignedInt(data.getShort()));
      case UINT32 -> proto.addUint32Val(data.getInt());
      case UINT64 -> proto.addUint64Val(data.getLong());
      case FP16, BF16 -> proto.addHalfVal(Short.toUnsignedInt(data.getShort()));
      case FP32 -> proto.addFloatVal(data.getFloat());
      case FP64 -> proto.addDoubleVal(data.getDouble());
      case BYTES -> proto.addStringVal(ByteString.copyFrom(data, data.getInt()));
    }
  }
}
