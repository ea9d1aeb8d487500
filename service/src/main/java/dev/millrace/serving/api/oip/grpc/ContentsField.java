package dev.millrace.serving.api.oip.grpc;

import dev.millrace.protocol.oip.InferTensorContents;
import dev.millrace.serving.tensor.DataType;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** A field of {@link InferTensorContents}; each holds the elements of some data types. */
enum ContentsField {
  BOOL_CONTENTS,
  INT_CONTENTS,
  INT64_CONTENTS,
  UINT_CONTENTS,
  UINT64_CONTENTS,
  FP32_CONTENTS,
  FP64_CONTENTS,
  BYTES_CONTENTS;

  static final List<ContentsField> ALL = List.of(values());

  /** The field for a type; 16-bit floats have none. */
  static Optional<ContentsField> of(DataType type) {
    return switch (type) {
      case BOOL -> Optional.of(BOOL_CONTENTS);
      case INT8, INT16, INT32 -> Optional.of(INT_CONTENTS);
      case INT64 -> Optional.of(INT64_CONTENTS);
      case UINT8, UINT16, UINT32 -> Optional.of(UINT_CONTENTS);
      case UINT64 -> Optional.of(UINT64_CONTENTS);
      case FP32 -> Optional.of(FP32_CONTENTS);
      case FP64 -> Optional.of(FP64_CONTENTS);
      case BYTES -> Optional.of(BYTES_CONTENTS);
      case FP16, BF16 -> Optional.empty();
    };
  }

  int count(InferTensorContents contents) {
    return switch (this) {
      case BOOL_CONTENTS -> contents.getBoolContentsCount();
      case INT_CONTENTS -> contents.getIntContentsCount();
      case INT64_CONTENTS -> contents.getInt64ContentsCount();
      case UINT_CONTENTS -> contents.getUintContentsCount();
      case UINT64_CONTENTS -> contents.getUint64ContentsCount();
      case FP32_CONTENTS -> contents.getFp32ContentsCount();
      case FP64_CONTENTS -> contents.getFp64ContentsCount();
      case BYTES_CONTENTS -> contents.getBytesContentsCount();
    };
  }

  /** As the protocol spells it. */
  String fieldName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
