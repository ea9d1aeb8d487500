package dev.millrace.serving.api.oip.rest;

/**
 * An output that a request names, and the form it wants for it.
 *
 * @param classes how many of its highest classes are wanted instead of it; 0 for the output itself
 */
record RequestedOutput(String name, Form form, int classes) {
  /** The output itself. */
  RequestedOutput(String name, Form form) {
    this(name, form, 0);
  }

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
