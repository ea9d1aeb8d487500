package dev.millrace.trainer.export;

import java.io.Serial;

/** A model that could not be exported faithfully. */
public final class ExportException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  ExportException(String message) {
    super(message);
  }
}
