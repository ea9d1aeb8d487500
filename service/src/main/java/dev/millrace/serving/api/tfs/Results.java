package dev.millrace.serving.api.tfs;

import dev.millrace.serving.api.json.JsonWriter;

/**
 * The body of an answer to classify and regress. TensorFlow Serving's documents call its one field
 * {@code result}, and its code writes {@code results}: clients of both find theirs.
 */
final class Results {
  private Results() {}

  /** Prints what {@code values} prints, under both names. */
  static void write(JsonWriter json, Runnable values) {
    json.raw("{\"results\":");
    values.run();
    json.raw(",\"result\":");
    values.run();
    json.raw('}');
  }
}
