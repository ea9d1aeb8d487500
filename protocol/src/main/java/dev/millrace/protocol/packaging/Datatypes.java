package dev.millrace.protocol.packaging;

import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The datatypes of the Open Inference Protocol. */
final class Datatypes {
  private static final Set<String> INTEGERS =
      Set.of("BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64");
  private static final Set<String> FRACTIONS = Set.of("FP16", "BF16", "FP32", "FP64");
  private static final String NUMERIC_WORDS =
      "BOOL, UINT8 to UINT64, INT8 to INT64, FP16, BF16, FP32, FP64";

  private Datatypes() {}

  static void requireKnown(String tensor, @Nullable String datatype) {
    if (!isNumeric(datatype) && !"BYTES".equals(datatype)) {
      throw unknown(tensor, datatype, NUMERIC_WORDS + " or BYTES");
    }
  }

  static void requireNumeric(String tensor, @Nullable String datatype) {
    if (!isNumeric(datatype)) {
      throw unknown(tensor, datatype, NUMERIC_WORDS);
    }
  }

  static boolean isInteger(String datatype) {
    return INTEGERS.contains(datatype);
  }

  /** NumPy's name; it has none for BF16, which MLflow sees as float32. */
  static String numpy(String datatype) {
    return switch (datatype) {
      case "BYTES" -> "object";
      case "FP16" -> "float16";
      case "BF16", "FP32" -> "float32";
      case "FP64" -> "float64";
      default -> datatype.toLowerCase(Locale.ROOT);
    };
  }

  private static boolean isNumeric(@Nullable String datatype) {
    return datatype != null && (INTEGERS.contains(datatype) || FRACTIONS.contains(datatype));
  }

  private static IllegalArgumentException unknown(
      String tensor, @Nullable String datatype, String expected) {
    return new IllegalArgumentException(
        "tensor '%s' has datatype '%s'; expected %s".formatted(tensor, datatype, expected));
  }
}
