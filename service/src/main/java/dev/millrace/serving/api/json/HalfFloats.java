package dev.millrace.serving.api.json;

/** Converts between floats and {@code BF16}, the upper half of a float. */
final class HalfFloats {
  private static final int QUIET_BIT = 0x40;

  private HalfFloats() {}

  static float fromBrain(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  /** The nearest; of two equally near ones the even one. */
  static short toBrain(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) ((bits >> 16) | QUIET_BIT);
    }
    return (short) ((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
  }
}
