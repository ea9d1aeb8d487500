package dev.millrace.serving.api.json;

import java.util.Locale;

/** Reads values that are written as text, as in a table; throws NumberFormatException. */
final class TextValues {
  private TextValues() {}

  static boolean bool(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new NumberFormatException(text);
    };
  }

  static long whole(String text, long least, long most) {
    long value = Long.parseLong(text);
    if (value < least || value > most) {
      throw new NumberFormatException(text);
    }
    return value;
  }

  static float single(String text) {
    float value = Float.parseFloat(number(text));
    requireNamed(Float.isInfinite(value), text);
    return value;
  }

  static double real(String text) {
    double value = Double.parseDouble(number(text));
    requireNamed(Double.isInfinite(value), text);
    return value;
  }

  /** What is infinite only because it is too large is refused. */
  private static void requireNamed(boolean infinite, String text) {
    if (infinite && !text.toLowerCase(Locale.ROOT).contains("inf")) {
      throw new NumberFormatException(text);
    }
  }

  /** As Java reads it; its suffixes and hexadecimal numbers are not taken, other names are. */
  private static String number(String text) {
    if (text.isEmpty()) {
      return "NaN";
    }
    char last = text.charAt(text.length() - 1);
    boolean digitLast = (last >= '0' && last <= '9') || last == '.';
    if (digitLast && text.indexOf('x') < 0 && text.indexOf('X') < 0) {
      return text;
    }
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "nan", "null", "na", "n/a", "none" -> "NaN";
      case "inf", "+inf", "infinity", "+infinity" -> "Infinity";
      case "-inf", "-infinity" -> "-Infinity";
      default -> throw new NumberFormatException(text);
    };
  }
}
