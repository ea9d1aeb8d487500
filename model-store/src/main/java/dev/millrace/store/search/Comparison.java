package dev.millrace.store.search;

import java.util.List;

/** One clause of a filter. */
public record Comparison(Subject subject, Operator operator, Value value) implements Filter {
  /** What is compared: a key of an entity. */
  public record Subject(Entity entity, String key) {}

  /** With what. */
  public sealed interface Value {
    /** A quoted text. */
    record Text(String text) implements Value {}

    /** A number, as it was written. */
    record Digits(String digits) implements Value {}

    /** A list of quoted texts. */
    record Texts(List<String> texts) implements Value {
      /** Copies the list. */
      public Texts {
        texts = List.copyOf(texts);
      }
    }

    /** Nothing: IS NULL and IS NOT NULL need none. */
    record None() implements Value {}
  }
}
