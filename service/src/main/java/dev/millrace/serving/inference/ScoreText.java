package dev.millrace.serving.inference;

import java.math.BigDecimal;
import java.math.RoundingMode;

/** Prints scores as C's {@code std::to_string} does: numbers with a fraction get six digits. */
final class ScoreText {
  private static final double MILLION = 1e6;

  /** Below this, a float times a million is exact in a double. */
  private static final double MOST_EXACT = 1L << 32;

  private ScoreText() {}

  static void append(float score, StringBuilder text) {
    if (Math.abs(score) < MOST_EXACT) {
      appendMillionths((long) Math.rint(score * MILLION), Float.floatToRawIntBits(score) < 0, text);
    } else {
      append((double) score, text);
    }
  }

  static void append(double score, StringBuilder text) {
    if (Double.isNaN(score)) {
      text.append("nan");
    } else if (Double.isInfinite(score)) {
      text.append(score < 0 ? "-inf" : "inf");
    } else {
      var digits = new BigDecimal(score).setScale(6, RoundingMode.HALF_EVEN).toPlainString();
      boolean lostSign = Double.doubleToRawLongBits(score) < 0 && digits.charAt(0) != '-';
      text.append(lostSign ? "-" : "").append(digits);
    }
  }

  private static void appendMillionths(long millionths, boolean negative, StringBuilder text) {
    long size = Math.abs(millionths);
    if (negative) {
      text.append('-');
    }
    text.append(size / 1_000_000).append('.');
    long fraction = size % 1_000_000;
    for (long digit = 100_000; digit > 0; digit /= 10) {
      text.append((char) ('0' + fraction / digit % 10));
    }
  }
}
