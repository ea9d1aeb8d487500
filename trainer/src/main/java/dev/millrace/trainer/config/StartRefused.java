package dev.millrace.trainer.config;

import java.io.Serial;

/** A reason not to start, as one sentence. */
public final class StartRefused extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  StartRefused(String message) {
    super(message);
  }
}
