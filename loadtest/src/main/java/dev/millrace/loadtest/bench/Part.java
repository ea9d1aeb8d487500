package dev.millrace.loadtest.bench;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** The parts of the benchmark, in the order they run; each makes one section of the document. */
public enum Part {
  /** Processor time per answer, beside direct calls and the plain Spring controller. */
  SPEED,
  /** Start, first second, resident memory. */
  START,
  /** A light model while a heavy one loads and unloads. */
  ISOLATION,
  /** Twice what the server can do. */
  OVERLOAD,
  /** Ten times the usual load, for a while. */
  BURST,
  /** Many models, few of them loaded. */
  ZIPF,
  /** Memory after many loads and unloads. */
  CYCLES;

  /** The part of this name; an unknown one is refused with the names there are. */
  public static Part named(String name) {
    for (var part : values()) {
      if (part.label().equals(name)) {
        return part;
      }
    }
    throw new IllegalArgumentException(
        "Part '%s' does not exist. Use some of %s.".formatted(name, all()));
  }

  /** All names, as an option takes them. */
  public static String all() {
    return Arrays.stream(values()).map(Part::label).collect(Collectors.joining(","));
  }

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
