package dev.millrace.trainer.retraining;

import java.io.Serial;

/** Another retraining runs. */
public final class RetrainingBusyException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  RetrainingBusyException(String runningId) {
    super(
        "Retraining '%s' is running, and one runs at a time. Wait for it, or cancel it with DELETE /api/retrainings/%s."
            .formatted(runningId, runningId));
  }
}
