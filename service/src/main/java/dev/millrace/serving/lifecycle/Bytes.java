package dev.millrace.serving.lifecycle;

import java.util.Locale;

/** Writes sizes for people. */
final class Bytes {
  private static final String[] UNITS = {"KiB", "MiB", "GiB", "TiB"};
  private static final int STEP = 1024;

  private Bytes() {}

  /** Such as {@code 512 bytes} or {@code 1.5 GiB}. */
  static String text(long bytes) {
    if (Math.abs(bytes) < STEP) {
      return bytes + " bytes";
    }
    double scaled = (double) bytes / STEP;
    int unit = 0;
    while (Math.abs(scaled) >= STEP && unit < UNITS.length - 1) {
      scaled /= STEP;
      unit++;
    }
    return String.format(Locale.ROOT, "%.1f %s", scaled, UNITS[unit]);
  }
}
