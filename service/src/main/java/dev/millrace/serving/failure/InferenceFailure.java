package dev.millrace.serving.failure;

/**
 * Why a prediction got no answer. Each protocol maps the cases to its statuses in one switch; the
 * message goes to the client as it is, so it carries the value, the expectation and the way out,
 * and nothing internal.
 */
public sealed interface InferenceFailure {
  /** What a refusal rests on. */
  enum Grounds {
    /** The queue is full, or the time is over. */
    FACT,
    /** An answer is expected to come too late. */
    FORECAST
  }

  /** What a client reads. */
  String message();

  /** No such model or version: 404, NOT_FOUND. */
  record NotFound(String message) implements InferenceFailure {}

  /**
   * The model is known but no version of it can answer now: 503, UNAVAILABLE (Triton's readiness
   * route says 400).
   */
  record NotReady(String message) implements InferenceFailure {}

  /** The request contradicts the protocol or the signature: 400, INVALID_ARGUMENT. */
  record Invalid(String message) implements InferenceFailure {}

  /** The request is larger than a limit: 413, RESOURCE_EXHAUSTED. */
  record TooLarge(String message) implements InferenceFailure {}

  /** The request asks for something Millrace does not have: 501, UNIMPLEMENTED. */
  record Unsupported(String message) implements InferenceFailure {}

  /** The queue is full or the server drains; trying again later may work: 503, UNAVAILABLE. */
  record Overloaded(String message, Grounds grounds) implements InferenceFailure {
    /** There is no room now. */
    public Overloaded(String message) {
      this(message, Grounds.FACT);
    }
  }

  /** The deadline passed, or cannot be met any more: 504, DEADLINE_EXCEEDED. */
  record TimedOut(String message, Grounds grounds) implements InferenceFailure {
    /** The time is over. */
    public TimedOut(String message) {
      this(message, Grounds.FACT);
    }
  }

  /** The client went away or cancelled: 499, CANCELLED. */
  record Cancelled(String message) implements InferenceFailure {}

  /**
   * The runtime refused or broke while computing: 500, INTERNAL. The cause is in the log, not in
   * the message.
   */
  record Broken(String message) implements InferenceFailure {}
}
