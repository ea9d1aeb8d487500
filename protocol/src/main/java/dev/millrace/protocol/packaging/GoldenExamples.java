package dev.millrace.protocol.packaging;

import java.util.List;
import java.util.Objects;

/**
 * What a model must answer before it may serve.
 *
 * @param tolerance largest absolute difference by which an answer may miss the recorded one
 */
public record GoldenExamples(double tolerance, List<GoldenExample> examples) {
  /** For packages without examples. */
  public static final GoldenExamples NONE = new GoldenExamples(0, List.of());

  /** Refuses a tolerance that is negative or no number. */
  public GoldenExamples {
    if (!(tolerance >= 0) || Double.isInfinite(tolerance)) {
      throw new IllegalArgumentException(
          "'tolerance' is %s; expected a number of 0 or more".formatted(tolerance));
    }
    examples = List.copyOf(Objects.requireNonNull(examples, "'examples' is missing"));
  }
}
