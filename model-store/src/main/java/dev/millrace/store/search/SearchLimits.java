package dev.millrace.store.search;

import dev.millrace.store.failure.StoreException;
import java.util.List;

/** How much one search may ask for; SQLite itself fails at 1,000 clauses and 50,000 bytes. */
final class SearchLimits {
  static final int CLAUSES = 500;
  // Each level costs the parser a few frames and SQLite a few of its 1,000 levels.
  static final int DEPTH = 50;
  static final int LISTED_VALUES = 10_000;
  // As GLOB in UTF-8 a character takes up to three bytes.
  static final int PATTERN_LENGTH = 10_000;
  static final int ORDERS = 50;

  private SearchLimits() {}

  static void checkFilter(Filter filter) {
    var comparisons = filter.comparisons().toList();
    require(comparisons.size(), CLAUSES, "The filter has %s clauses");
    var listed = 0;
    for (Comparison comparison : comparisons) {
      switch (comparison.value()) {
        case Comparison.Value.Texts(var texts) -> listed += texts.size();
        case Comparison.Value.Text(var text) when isPattern(comparison.operator()) ->
            require(text.length(), PATTERN_LENGTH, "A LIKE pattern has %s characters");
        case Comparison.Value.Text _, Comparison.Value.Digits _, Comparison.Value.None _ -> {}
      }
    }
    require(listed, LISTED_VALUES, "The lists of the filter have %s values");
  }

  static void checkDepth(int depth) {
    require(depth, DEPTH, "The filter nests %s parentheses and NOTs");
  }

  static void checkOrder(List<String> clauses) {
    require(clauses.size(), ORDERS, "order_by has %s entries");
  }

  private static boolean isPattern(Operator operator) {
    return operator == Operator.LIKE || operator == Operator.ILIKE;
  }

  private static void require(int found, int most, String sentence) {
    if (found > most) {
      throw StoreException.invalid(
          sentence.formatted(found) + "; the most is %s. Split the search.".formatted(most));
    }
  }
}
