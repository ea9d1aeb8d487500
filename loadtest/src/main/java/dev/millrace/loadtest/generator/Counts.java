package dev.millrace.loadtest.generator;

/**
 * How requests ended: with the answer, with a refusal of a server that has too much to do, or with
 * a failure.
 */
public record Counts(long answers, long refusals, long failures) {
  /** What was not answered, refusals included. */
  public long errors() {
    return refusals + failures;
  }
}
