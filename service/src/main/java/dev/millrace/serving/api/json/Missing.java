package dev.millrace.serving.api.json;

/** What a null among the values of an input means. */
public enum Missing {
  /** A mistake. */
  REFUSED,
  /** A number that is not known, as in a table; only floating-point inputs take that. */
  NOT_A_NUMBER
}
