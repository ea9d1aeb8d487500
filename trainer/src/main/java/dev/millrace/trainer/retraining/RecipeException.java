package dev.millrace.trainer.retraining;

import java.io.Serial;

/**
 * A recipe or setting that does not exist or has no such value; the message lists those that do.
 */
public final class RecipeException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  RecipeException(String message) {
    super(message);
  }
}
