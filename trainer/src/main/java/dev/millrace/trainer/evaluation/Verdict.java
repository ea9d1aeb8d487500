package dev.millrace.trainer.evaluation;

/**
 * What the gate decided.
 *
 * @param reason one sentence with the numbers
 */
public record Verdict(Outcome outcome, String reason) {
  /** Which alias the new version gets. */
  public enum Outcome {
    /** It takes over the alias {@code champion}. */
    CHAMPION,
    /** It is close enough to be looked at under the alias {@code challenger}. */
    CHALLENGER,
    /** It is kept without alias. */
    NEITHER
  }
}
