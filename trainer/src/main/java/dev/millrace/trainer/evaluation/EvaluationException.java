package dev.millrace.trainer.evaluation;

import java.io.Serial;

/** A model that could not be evaluated. */
public final class EvaluationException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  /** A model of the wrong kind. */
  public EvaluationException(String message) {
    super(message);
  }

  EvaluationException(String message, Throwable cause) {
    super(message, cause);
  }
}
