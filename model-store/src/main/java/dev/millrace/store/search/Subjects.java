package dev.millrace.store.search;

import dev.millrace.store.failure.StoreException;
import dev.millrace.store.search.Comparison.Subject;
import java.util.Set;

/** Reads what a clause or an order is about. */
final class Subjects {
  private static final Set<Character> QUOTES = Set.of('"', '`');

  private Subjects() {}

  /** {@code key}, {@code entity.key}, or either with a quoted key. */
  static Subject parse(String text) {
    var dot = text.indexOf('.');
    if (dot < 0 || QUOTES.contains(text.charAt(0))) {
      return new Subject(Entity.ATTRIBUTE, attribute(unquoted(text)));
    }
    var name = text.substring(0, dot);
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
    var quoted =
        text.length() >= 2
            && QUOTES.contains(text.charAt(0))
            && text.charAt(text.length() - 1) == text.charAt(0);
    return quoted ? text.substring(1, text.length() - 1) : text;
  }
}
