package dev.millrace.trainer.dataset;

import java.io.Serial;

/**
 * Data that cannot be trained on; the message names file, field, what was expected and what was
 * found.
 */
public final class DataSetException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  DataSetException(String message) {
    super(message);
  }

  DataSetException(String message, Throwable cause) {
    super(message, cause);
  }

  static DataSetException of(String file, String field, Object expected, Object found) {
    return new DataSetException(
        "File '%s': field '%s' is %s, expected %s. Fetch the file again, or name another folder."
            .formatted(file, field, found, expected));
  }
}
