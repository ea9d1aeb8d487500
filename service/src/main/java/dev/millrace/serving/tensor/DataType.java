package dev.millrace.serving.tensor;

import java.util.Optional;

/** An element type of the Open Inference Protocol; the constant's name is the name on the wire. */
public enum DataType {
  BOOL(1),
  UINT8(1),
  UINT16(2),
  UINT32(4),
  UINT64(8),
  INT8(1),
  INT16(2),
  INT32(4),
  INT64(8),
  FP16(2),
  BF16(2),
  FP32(4),
  FP64(8),
  /** Byte strings, each preceded by its length as four little-endian bytes. */
  BYTES(0);

  private final int sizeBytes;

  DataType(int sizeBytes) {
    this.sizeBytes = sizeBytes;
  }

  /** Bytes per element; 0 where elements differ in size. */
  public int sizeBytes() {
    return sizeBytes;
  }

  /** The type with this name on the wire, if there is one. */
  public static Optional<DataType> named(String name) {
    for (var type : VALUES) {
      if (type.name().equals(name)) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }

  private static final DataType[] VALUES = values();
}
