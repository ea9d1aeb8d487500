package dev.millrace.store.registry;

import dev.millrace.store.search.Filter;
import dev.millrace.store.search.JdbcSearch;

/** Hides prompts from the searches that do not ask for them. */
final class JdbcPrompts {
  private JdbcPrompts() {}

  /**
   * Adds the filter to the search.
   *
   * @param tags of the model of a row, as SELECT from a table {@code t}
   */
  static JdbcSearch filtered(JdbcSearch search, Filter filter, String tags) {
    return Prompts.areAskedFor(filter)
        ? search.filter(filter)
        : search
            .filter(Prompts.withoutTag(filter))
            .where(
                "NOT EXISTS (" + tags + " AND t.key = :prompt AND t.value = 'true')",
                "prompt",
                Prompts.TAG);
  }
}
