package dev.millrace.serving.api.tfserving.grpc;

import dev.millrace.serving.tensor.DataType;
import java.util.Optional;

/** The element types of TensorFlow that models here have. */
final class ElementTypes {
  private ElementTypes() {}

  static Optional<DataType> of(dev.millrace.protocol.tfs.DataType type) {
    return switch (type) {
      case DT_BOOL -> Optional.of(DataType.BOOL);
      case DT_UINT8 -> Optional.of(DataType.UINT8);
      case DT_UINT16 -> Optional.of(DataType.UINT16);
      case DT_UINT32 -> Optional.of(DataType.UINT32);
      case DT_UINT64 -> Optional.of(DataType.UINT64);
      case DT_INT8 -> Optional.of(DataType.INT8);
      case DT_INT16 -> Optional.of(DataType.INT16);
      case DT_INT32 -> Optional.of(DataType.INT32);
      case DT_INT64 -> Optional.of(DataType.INT64);
      case DT_HALF -> Optional.of(DataType.FP16);
      case DT_BFLOAT16 -> Optional.of(DataType.BF16);
      case DT_FLOAT -> Optional.of(DataType.FP32);
      case DT_DOUBLE -> Optional.of(DataType.FP64);
      case DT_STRING -> Optional.of(DataType.BYTES);
      case DT_INVALID,
          DT_COMPLEX64,
          DT_COMPLEX128,
          DT_QINT8,
          DT_QUINT8,
          DT_QINT16,
          DT_QUINT16,
          DT_QINT32,
          DT_RESOURCE,
          DT_VARIANT,
          UNRECOGNIZED ->
          Optional.empty();
    };
  }

  static dev.millrace.protocol.tfs.DataType of(DataType type) {
    return switch (type) {
      case BOOL -> dev.millrace.protocol.tfs.DataType.DT_BOOL;
      case UINT8 -> dev.millrace.protocol.tfs.DataType.DT_UINT8;
      case UINT16 -> dev.millrace.protocol.tfs.DataType.DT_UINT16;
      case UINT32 -> dev.millrace.protocol.tfs.DataType.DT_UINT32;
      case UINT64 -> dev.millrace.protocol.tfs.DataType.DT_UINT64;
      case INT8 -> dev.millrace.protocol.tfs.DataType.DT_INT8;
      case INT16 -> dev.millrace.protocol.tfs.DataType.DT_INT16;
      case INT32 -> dev.millrace.protocol.tfs.DataType.DT_INT32;
      case INT64 -> dev.millrace.protocol.tfs.DataType.DT_INT64;
      case FP16 -> dev.millrace.protocol.tfs.DataType.DT_HALF;
      case BF16 -> dev.millrace.protocol.tfs.DataType.DT_BFLOAT16;
      case FP32 -> dev.millrace.protocol.tfs.DataType.DT_FLOAT;
      case FP64 -> dev.millrace.protocol.tfs.DataType.DT_DOUBLE;
      case BYTES -> dev.millrace.protocol.tfs.DataType.DT_STRING;
    };
  }
}
