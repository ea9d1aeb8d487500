package dev.millrace.trainer.api;

import java.io.Serial;

/** A request that cannot be understood. */
final class BadRequestException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  BadRequestException(String message) {
    super(message);
  }
}
