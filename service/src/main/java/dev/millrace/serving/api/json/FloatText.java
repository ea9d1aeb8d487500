package dev.millrace.serving.api.json;

/**
 * Prints floats into a byte array, as short as {@link Float#toString} and in its form, without a
 * string for each.
 *
 * <p>Problem: the fewest digits that still mean this float. Choice: nine digits always do, and
 * fewer than six need no search, because their nearest six-digit neighbour is the same number with
 * zeros. So eight, seven and six digits are tried: a candidate is an exact whole number divided by
 * an exact power of ten, hence the nearest double, and rounding that again gives the nearest float
 * unless it lies in the middle between two and was rounded. Floats whose powers of ten a double
 * does not hold exactly go to the JDK. Cost: about three divisions.
 */
final class FloatText {
  /** Bytes that one float needs at most, as in {@code -1.17549435E-38}. */
  static final int MAX_BYTES = 16;

  private static final int MOST_DIGITS = 9;
  private static final int LEAST_DIGITS_TRIED = 6;
  private static final float SMALLEST = 1e-13f;
  private static final float LARGEST = 1e21f;
  private static final long SPARE_BITS = (1L << 29) - 1;
  private static final long MIDDLE = 1L << 28;
  private static final double EXACT_IN_DOUBLE = 1L << 53;
  private static final double[] POWERS_OF_TEN = {
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22
  };

  private FloatText() {}

  /** Prints a finite float from an index on and returns the index behind it. */
  static int write(float value, byte[] target, int from) {
    int at = from;
    if (Float.floatToRawIntBits(value) < 0) {
      target[at++] = '-';
    }
    float magnitude = Math.abs(value);
    if (magnitude >= SMALLEST && magnitude <= LARGEST) {
      return writeShortest(magnitude, target, at);
    }
    return ascii(Float.toString(magnitude), target, at);
  }

  /** Copies ASCII text and returns the index behind it. */
  static int ascii(String text, byte[] target, int from) {
    for (int i = 0; i < text.length(); i++) {
      target[from + i] = (byte) text.charAt(i);
    }
    return from + text.length();
  }

  private static int writeShortest(float magnitude, byte[] target, int at) {
    int exponent = decimalExponent(magnitude);
    double nine = times(magnitude, MOST_DIGITS - 1 - exponent);
    int digits = (int) (nine + 0.5);
    int dropped = 0;
    while (dropped < MOST_DIGITS - LEAST_DIGITS_TRIED) {
      int fewer = (int) (nine / POWERS_OF_TEN[dropped + 1] + 0.5);
      if (!means(fewer, exponent - MOST_DIGITS + 2 + dropped, magnitude)) {
        break;
      }
      digits = fewer;
      dropped++;
    }
    return layOut(digits, exponent - MOST_DIGITS + 1 + dropped, target, at);
  }

  /** The power of ten of the first digit. */
  private static int decimalExponent(float magnitude) {
    // 1233 / 4096 is log10(2); at worst one too low.
    int guess = (Math.getExponent(magnitude) * 1233) >> 12;
    return times(magnitude, -guess) >= 10 ? guess + 1 : guess;
  }

  private static double times(double value, int powerOfTen) {
    return powerOfTen < 0 ? value / POWERS_OF_TEN[-powerOfTen] : value * POWERS_OF_TEN[powerOfTen];
  }

  private static boolean means(int digits, int powerOfTen, float magnitude) {
    double candidate = times(digits, powerOfTen);
    boolean exact = powerOfTen >= 0 && candidate < EXACT_IN_DOUBLE;
    boolean certain = exact || (Double.doubleToRawLongBits(candidate) & SPARE_BITS) != MIDDLE;
    return certain && (float) candidate == magnitude;
  }

  /** Prints {@code digits} times ten to the power of {@code exponentOfLast}. */
  private static int layOut(int digits, int exponentOfLast, byte[] target, int at) {
    int significant = digits;
    int last = exponentOfLast;
    while (significant % 10 == 0) {
      significant /= 10;
      last++;
    }
    int count = countDigits(significant);
    int exponent = last + count - 1;
    if (exponent < -3 || exponent > 6) {
      return scientific(significant, count, exponent, target, at);
    }
    return exponent < 0
        ? belowOne(significant, count, exponent, target, at)
        : fromOne(significant, count, exponent, target, at);
  }

  private static int belowOne(int digits, int count, int exponent, byte[] target, int from) {
    int at = from;
    target[at++] = '0';
    target[at++] = '.';
    for (int zero = exponent + 1; zero < 0; zero++) {
      target[at++] = '0';
    }
    return wholeNumber(digits, count, target, at);
  }

  private static int fromOne(int digits, int count, int exponent, byte[] target, int from) {
    int fraction = count - 1 - exponent;
    if (fraction > 0) {
      int power = (int) POWERS_OF_TEN[fraction];
      int at = wholeNumber(digits / power, count - fraction, target, from);
      target[at] = '.';
      return wholeNumber(digits % power, fraction, target, at + 1);
    }
    int at = wholeNumber(digits, count, target, from);
    for (int zero = fraction; zero < 0; zero++) {
      target[at++] = '0';
    }
    target[at++] = '.';
    target[at++] = '0';
    return at;
  }

  private static int scientific(int digits, int count, int exponent, byte[] target, int from) {
    int at = fromOne(digits, count, 0, target, from);
    target[at++] = 'E';
    if (exponent < 0) {
      target[at++] = '-';
    }
    int power = Math.abs(exponent);
    return wholeNumber(power, countDigits(power), target, at);
  }

  private static int wholeNumber(int number, int count, byte[] target, int at) {
    int rest = number;
    for (int i = at + count - 1; i >= at; i--) {
      target[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    return at + count;
  }

  private static int countDigits(int number) {
    int count = 1;
    while (count < 10 && number >= POWERS_OF_TEN[count]) {
      count++;
    }
    return count;
  }
}
