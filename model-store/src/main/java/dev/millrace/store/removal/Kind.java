package dev.millrace.store.removal;

/** What can be removed for good. */
enum Kind {
  /** A group of runs and logged models. */
  EXPERIMENT("experiment"),
  /** A run. */
  RUN("run"),
  /** A logged model. */
  LOGGED_MODEL("logged_model");

  private final String label;

  Kind(String label) {
    this.label = label;
  }

  /** Comes before every id. */
  String firstId() {
    return this == EXPERIMENT ? "-1" : "";
  }

  /** Its name in requests and answers. */
  String label() {
    return label;
  }
}
