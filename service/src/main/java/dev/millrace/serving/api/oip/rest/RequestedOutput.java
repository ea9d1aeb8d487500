package dev.millrace.serving.api.oip.rest;

/** An output that a request names, and the form it wants for it. */
record RequestedOutput(String name, Form form) {
  /** How a tensor travels. */
  enum Form {
    /** As the request says for all outputs. */
    UNSAID,
    JSON,
    BINARY;

    static Form of(boolean binary) {
      return binary ? BINARY : JSON;
    }
  }
}
