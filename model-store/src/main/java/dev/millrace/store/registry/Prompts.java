package dev.millrace.store.registry;

import dev.millrace.store.search.Comparison;
import dev.millrace.store.search.Comparison.Value;
import dev.millrace.store.search.Entity;
import dev.millrace.store.search.Filter;

/** Prompts are registered models with a tag, which searches hide unless they ask for them. */
final class Prompts {
  /** The tag, whose value is true. */
  static final String TAG = "mlflow.prompt.is_prompt";

  private Prompts() {}

  static boolean areAskedFor(Filter filter) {
    return filter.comparisons().anyMatch(Prompts::asks);
  }

  /**
   * The filter without what excludes prompts: Python's client adds that to every search, and unlike
   * with any other tag it is to find models without the tag.
   */
  static Filter withoutTag(Filter filter) {
    return new Filter.All(
        filter.required().stream()
            .filter(one -> !(one instanceof Comparison comparison && excludes(comparison)))
            .toList());
  }

  private static boolean asks(Comparison comparison) {
    return tests(comparison, "true", "false");
  }

  private static boolean excludes(Comparison comparison) {
    return tests(comparison, "false", "true");
  }

  /** Whether the tag is to be the one or not the other. */
  private static boolean tests(Comparison comparison, String equal, String unequal) {
    return isAboutTag(comparison)
        && comparison.value() instanceof Value.Text(var text)
        && switch (comparison.operator()) {
          case EQUAL -> text.equalsIgnoreCase(equal);
          case NOT_EQUAL -> text.equalsIgnoreCase(unequal);
          default -> false;
        };
  }

  private static boolean isAboutTag(Comparison comparison) {
    return comparison.subject().entity() == Entity.TAG && comparison.subject().key().equals(TAG);
  }
}
