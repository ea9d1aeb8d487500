package dev.millrace.store.search;

import dev.millrace.store.failure.StoreException;
import dev.millrace.store.search.Comparison.Subject;

/** Reads what a clause or an order is about. */
final class Subjects {
  private Subjects() {}

  /** {@code key}, {@code entity.key}, or either with a quoted key. */
  static Subject parse(String text) {
    var dot = text.indexOf('.');
    if (dot < 0) {
      return new Subject(Entity.ATTRIBUTE, attribute(unquoted(text)));
    }
    var name = unquoted(text.substring(0, dot), '`');
    var entity =
        Entity.named(name)
            .orElseThrow(
                () ->
                    StoreException.invalid(
                        "Invalid entity type '%s'. Valid values are ['metric', 'parameter', 'tag', 'attribute', 'dataset']"
                            .formatted(name)));
    var key = unquoted(text.substring(dot + 1));
    return new Subject(entity, entity == Entity.ATTRIBUTE ? attribute(key) : key);
  }

  private static String attribute(String key) {
    return switch (key) {
      case "created", "Created" -> "start_time";
      case "run name", "Run name", "Run Name" -> "run_name";
      default -> key;
    };
  }

  private static String unquoted(String text) {
    return unquoted(unquoted(unquoted(text, '\''), '"'), '`');
  }

  private static String unquoted(String text, char quote) {
    var last = text.length() - 1;
    var quoted = last > 0 && text.charAt(0) == quote && text.charAt(last) == quote;
    return quoted ? text.substring(1, last) : text;
  }
}
