package dev.millrace.trainer.command;

import java.io.Serial;

/** Arguments that say nothing the trainer can do. */
public final class UsageException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  UsageException(String message) {
    super(message);
  }
}
