package dev.millrace.store.loggedmodel;

import java.util.Arrays;
import java.util.Optional;

/** Where a logged model is; names and numbers are MLflow's. */
enum LoggedModelStatus {
  LOGGED_MODEL_STATUS_UNSPECIFIED(0),
  LOGGED_MODEL_PENDING(1),
  LOGGED_MODEL_READY(2),
  LOGGED_MODEL_UPLOAD_FAILED(3);

  private final int number;

  LoggedModelStatus(int number) {
    this.number = number;
  }

  /** The status of a name. */
  static Optional<LoggedModelStatus> named(String text) {
    return Arrays.stream(values()).filter(status -> status.name().equals(text)).findFirst();
  }

  /** The status of a number in the database. */
  static LoggedModelStatus numbered(int number) {
    return number >= 0 && number < values().length
        ? values()[number]
        : LOGGED_MODEL_STATUS_UNSPECIFIED;
  }

  /** The number in the database. */
  int number() {
    return number;
  }
}
