package dev.millrace.serving.api.oip.rest;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * One number of a JSON text, converted only when its type is known.
 *
 * <p>Problem: a request carries thousands of numbers, and {@code Float.parseFloat} wants a string
 * for each. Choice: the first 18 digits become a whole number, which is scaled by a power of ten in
 * double arithmetic. For a float that is off by less than {@link #UNCERTAIN} units of the double's
 * last place, so the nearest float is known unless the double lies that close to the middle between
 * two floats. For a double it is exact where both factors are (Clinger's fast path). Whatever is
 * left, about one number in fifty million for floats, goes to the JDK's parser. Cost: about one
 * nanosecond a digit and one division.
 */
final class JsonNumber {
  private static final int MAX_DIGITS = 18;
  private static final long EXACT_IN_DOUBLE = 1L << 53;
  private static final int EXACT_POWERS = 22;

  /** More than any body has digits: a power cut off here is out of range with their scale, too. */
  private static final long MAX_EXPONENT = 1L << 40;

  /** The bits that a double has more than a float. */
  private static final long SPARE_BITS = (1L << 29) - 1;

  private static final long MIDDLE = 1L << 28;
  private static final long UNCERTAIN = 8;
  private static final double[] POWERS_OF_TEN = powersOfTen(100);

  private final ByteBuffer bytes;
  private final int limit;
  private int start;
  private int end;
  private boolean negative;
  private boolean whole;
  private long digits;
  private int digitCount;
  private long exponent;

  JsonNumber(ByteBuffer bytes, int limit) {
    this.bytes = bytes;
    this.limit = limit;
  }

  /** Reads the number that starts at an index; false when it is not written as JSON wants. */
  boolean scan(int from) {
    start = from;
    digits = 0;
    digitCount = 0;
    exponent = 0;
    whole = true;
    negative = bytes.get(from) == '-';
    int first = negative ? from + 1 : from;
    int at = scanDigits(first, 0);
    if (at == first || (at > first + 1 && bytes.get(first) == '0')) {
      return false;
    }
    at = scanFraction(at);
    return at > 0 && scanExponent(at);
  }

  /** The index behind the number. */
  int end() {
    return end;
  }

  /** Whether it has neither a fraction nor an exponent. */
  boolean isWhole() {
    return whole;
  }

  /** The nearest float; infinite when it is too large for one. */
  float toFloat() {
    if (digits == 0) {
      return negative ? -0f : 0f;
    }
    float nearest = nearestFloat(scaled());
    if (Float.isNaN(nearest)) {
      return Float.parseFloat(text());
    }
    return negative ? -nearest : nearest;
  }

  /**
   * The float nearest to a positive decimal that this double is off by less than two units of its
   * last place; NaN where that does not tell.
   */
  static float nearestFloat(double scaled) {
    long fromMiddle = (Double.doubleToRawLongBits(scaled) & SPARE_BITS) - MIDDLE;
    boolean certain = fromMiddle > UNCERTAIN || fromMiddle < -UNCERTAIN;
    return certain && scaled >= Float.MIN_NORMAL && scaled <= Float.MAX_VALUE
        ? (float) scaled
        : Float.NaN;
  }

  /** The double nearest to ten to the power of 0 to 99. */
  static double powerOfTen(int exponent) {
    return POWERS_OF_TEN[exponent];
  }

  /** The nearest double; infinite when it is too large for one. */
  double toDouble() {
    if (digits == 0) {
      return negative ? -0d : 0d;
    }
    if (digits <= EXACT_IN_DOUBLE
        && digitCount <= MAX_DIGITS
        && exponent >= -EXACT_POWERS
        && exponent <= EXACT_POWERS) {
      return negative ? -scaled() : scaled();
    }
    return Double.parseDouble(text());
  }

  /** Whether it is whole and fits 64 bits with a sign. */
  boolean fitsLong() {
    return whole && (digitCount <= MAX_DIGITS || parses(false));
  }

  /** The value, where {@link #fitsLong}. */
  long toLong() {
    if (digitCount <= MAX_DIGITS) {
      return negative ? -digits : digits;
    }
    return Long.parseLong(text());
  }

  /** Whether it is whole and fits 64 bits without a sign. */
  boolean fitsUnsignedLong() {
    return whole && (!negative || digits == 0) && (digitCount <= MAX_DIGITS || parses(true));
  }

  /** The value as unsigned 64 bits, where {@link #fitsUnsignedLong}. */
  long toUnsignedLong() {
    return digitCount <= MAX_DIGITS ? digits : Long.parseUnsignedLong(text());
  }

  /** The number as the client wrote it, shortened where that is too long to show. */
  String shown() {
    var text = text();
    return text.length() <= 40 ? text : text.substring(0, 40) + "…";
  }

  private int scanDigits(int from, int exponentPerDigit) {
    int at = from;
    long value = digits;
    int count = digitCount;
    long scale = exponent;
    while (at < limit) {
      int digit = bytes.get(at) - '0';
      if (digit < 0 || digit > 9) {
        break;
      }
      if (count < MAX_DIGITS) {
        value = value * 10 + digit;
        // Leading zeros do not use up the digits that are kept.
        count += value == 0 ? 0 : 1;
        scale += exponentPerDigit;
      } else {
        count++;
        scale += exponentPerDigit + 1;
      }
      at++;
    }
    digits = value;
    digitCount = count;
    exponent = scale;
    return at;
  }

  /** Where the number goes on, or 0 when the fraction has no digits. */
  private int scanFraction(int at) {
    if (at >= limit || bytes.get(at) != '.') {
      return at;
    }
    whole = false;
    int behind = scanDigits(at + 1, -1);
    return behind > at + 1 ? behind : 0;
  }

  private boolean scanExponent(int at) {
    end = at;
    if (at >= limit || (bytes.get(at) | 0x20) != 'e') {
      return true;
    }
    whole = false;
    int from = at + 1;
    boolean down = from < limit && bytes.get(from) == '-';
    if (down || (from < limit && bytes.get(from) == '+')) {
      from++;
    }
    end = from;
    long power = exponentDigits();
    exponent += down ? -power : power;
    return end > from;
  }

  private long exponentDigits() {
    long power = 0;
    while (end < limit && bytes.get(end) >= '0' && bytes.get(end) <= '9') {
      power = Math.min(MAX_EXPONENT, power * 10 + bytes.get(end) - '0');
      end++;
    }
    return power;
  }

  /** The absolute value, off by less than two units of the last place; 0 when out of range. */
  private double scaled() {
    if (exponent < 0) {
      return -exponent < POWERS_OF_TEN.length ? digits / POWERS_OF_TEN[(int) -exponent] : 0;
    }
    return exponent < POWERS_OF_TEN.length ? digits * POWERS_OF_TEN[(int) exponent] : 0;
  }

  private boolean parses(boolean unsigned) {
    try {
      long _ = unsigned ? Long.parseUnsignedLong(text()) : Long.parseLong(text());
      return true;
    } catch (NumberFormatException _) {
      return false;
    }
  }

  private String text() {
    var token = new byte[end - start];
    bytes.get(start, token);
    return new String(token, StandardCharsets.ISO_8859_1);
  }

  private static double[] powersOfTen(int count) {
    var powers = new double[count];
    for (int i = 0; i < count; i++) {
      powers[i] = Double.parseDouble("1e" + i);
    }
    return powers;
  }
}
