package dev.millrace.serving.api.oip.rest;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Reads floats of a JSON array in a run, as long as they are plain decimals with a comma behind
 * them. It stops in front of whatever else there is, also of what is wrong, and leaves that to
 * {@link JsonReader}.
 *
 * <p>Problem: one number at a time, through a buffer that checks each access, is two fifths of what
 * a JSON request of a small model costs. Choice: the text goes through a small array, digits become
 * a whole number, long fractions eight digits at a time (D. Lemire, "Quickly parsing eight digits",
 * 2018), and one division scales it: in float arithmetic where both factors are floats, which IEEE
 * 754 rounds to the nearest, else as {@link JsonNumber} does. Gain: a third of such a request
 * (docs/decisions/0011-hot-path.md). Not thread-safe.
 */
final class FloatRun {
  private static final int WINDOW_BYTES = 2 << 10;
  private static final int STOP = -1;

  /** A sign, the digits, the zeros before them, a point. */
  private static final int LONGEST_BYTES = 64;

  private static final int MAX_DIGITS = 18;

  /** With at least one digit, the value is a normal float. */
  private static final int MAX_FRACTION = 36;

  private static final long EXACT_IN_FLOAT = 1L << 24;
  private static final float[] FLOAT_POWERS = {
    1e0f, 1e1f, 1e2f, 1e3f, 1e4f, 1e5f, 1e6f, 1e7f, 1e8f, 1e9f, 1e10f
  };
  private static final VarHandle EIGHT_BYTES =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final int PADDING = 8;

  private final ByteBuffer json;
  private final int end;

  /** The text around the position, and zeros behind it, which end every number. */
  private final byte[] window;

  private int windowStart;
  private int windowLength;
  private int position;
  private float value;

  /** Reads a text that ends at an index of the buffer. */
  FloatRun(ByteBuffer json, int from, int end) {
    this.json = json;
    this.end = end;
    window = new byte[Math.min(end - from, WINDOW_BYTES) + PADDING];
  }

  /**
   * Stores the run that starts at an index of the text, the first of a value.
   *
   * @param firstIndex of the target, in floats
   * @return how many were stored, at most {@code most}
   */
  int read(int from, ByteBuffer target, int firstIndex, long most) {
    position = from;
    int count = 0;
    boolean fresh = moveTo(from);
    while (count < most) {
      int behind = number(position - windowStart);
      if (behind != STOP) {
        target.putFloat((firstIndex + count) * Float.BYTES, value);
        count++;
        position = windowStart + behind;
        fresh = false;
      } else if (fresh || !mayBeCutOff()) {
        break;
      } else {
        fresh = fill(position);
      }
    }
    return count;
  }

  /** Where the text goes on behind the run: at a value, or the space before it. */
  int position() {
    return position;
  }

  /** Whether it may have been the end of the window that stopped a number. */
  private boolean mayBeCutOff() {
    int windowEnd = windowStart + windowLength;
    return windowEnd < end && windowEnd - position < LONGEST_BYTES;
  }

  private boolean moveTo(int from) {
    boolean inside = from >= windowStart && from < windowStart + windowLength;
    return !inside && fill(from);
  }

  private boolean fill(int from) {
    windowStart = from;
    windowLength = Math.min(end - from, window.length - PADDING);
    json.get(from, window, 0, windowLength);
    Arrays.fill(window, windowLength, windowLength + PADDING, (byte) 0);
    return true;
  }

  /** Reads one number into {@link #value}; returns where the next value starts. */
  private int number(int from) {
    int first = window[from] == '-' ? from + 1 : from;
    int at = first;
    long digits = 0;
    while (isDigit(window[at])) {
      digits = digits * 10 + window[at++] - '0';
    }
    int whole = at - first;
    if (whole == 0 || (whole > 1 && window[first] == '0')) {
      return STOP;
    }
    if (window[at] != '.') {
      return window[at] == ',' && whole <= MAX_DIGITS && scale(digits, 0, first > from)
          ? nextValue(at + 1)
          : STOP;
    }
    return fraction(at + 1, digits, whole, first > from);
  }

  private int fraction(int from, long wholeDigits, int whole, boolean negative) {
    int at = from;
    if (wholeDigits == 0) {
      while (window[at] == '0') {
        at++;
      }
    }
    int significant = at;
    long digits = wholeDigits;
    while (isEightDigits(at)) {
      digits = digits * 100_000_000 + eightDigits(at);
      at += 8;
    }
    while (isDigit(window[at])) {
      digits = digits * 10 + window[at++] - '0';
    }
    boolean fits = whole + at - significant <= MAX_DIGITS + (wholeDigits == 0 ? 1 : 0);
    return window[at] == ',' && at > from && fits && scale(digits, at - from, negative)
        ? nextValue(at + 1)
        : STOP;
  }

  /** False where the nearest float is not known for certain. */
  private boolean scale(long digits, int fraction, boolean negative) {
    float magnitude;
    if (digits <= EXACT_IN_FLOAT && fraction < FLOAT_POWERS.length) {
      magnitude = digits / FLOAT_POWERS[fraction];
    } else if (digits > 0 && fraction <= MAX_FRACTION) {
      magnitude = JsonNumber.nearestFloat(digits / JsonNumber.powerOfTen(fraction));
    } else {
      return false;
    }
    value = negative ? -magnitude : magnitude;
    return !Float.isNaN(magnitude);
  }

  private int nextValue(int from) {
    int at = from;
    while (window[at] == ' ' || window[at] == '\n' || window[at] == '\r' || window[at] == '\t') {
      at++;
    }
    return at;
  }

  private static boolean isDigit(byte b) {
    return b >= '0' && b <= '9';
  }

  private boolean isEightDigits(int at) {
    if (at + PADDING > window.length) {
      return false;
    }
    long eight = (long) EIGHT_BYTES.get(window, at);
    long high = eight & 0xf0f0f0f0f0f0f0f0L;
    long carried = (eight + 0x0606060606060606L) & 0xf0f0f0f0f0f0f0f0L;
    return (high | carried >>> 4) == 0x3333333333333333L;
  }

  /** Adds neighbours up to pairs, pairs to fours, fours to eight, all lanes at once. */
  private long eightDigits(int at) {
    long digits = (long) EIGHT_BYTES.get(window, at) & 0x0f0f0f0f0f0f0f0fL;
    long pairs = (digits * 2561) >>> 8 & 0x00ff00ff00ff00ffL;
    long fours = (pairs * 6_553_601) >>> 16 & 0x0000ffff0000ffffL;
    return (fours * 42_949_672_960_001L) >>> 32;
  }
}
