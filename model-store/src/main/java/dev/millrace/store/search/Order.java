package dev.millrace.store.search;

import dev.millrace.store.failure.StoreException;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One key that a search sorts by. */
public record Order(Comparison.Subject subject, Direction direction) {
  private static final Pattern CLAUSE =
      Pattern.compile(
          "\\s*(?<subject>(?:[^\\s`'\"]++|`[^`]*`|\"[^\"]*\"|'[^']*')++)(?:\\s+(?<direction>\\S+))?\\s*");

  /** Which way. */
  public enum Direction {
    /** Small ones first. */
    ASC,
    /** Large ones first. */
    DESC
  }

  /**
   * The orders that clauses such as {@code metrics.loss DESC} ask for, valid in this vocabulary.
   */
  public static List<Order> parse(List<String> clauses, Vocabulary vocabulary) {
    SearchLimits.checkOrder(clauses);
    return clauses.stream().map(clause -> parse(clause, vocabulary)).toList();
  }

  private static Order parse(String clause, Vocabulary vocabulary) {
    var matcher = CLAUSE.matcher(clause);
    if (!matcher.matches()) {
      throw StoreException.invalid(
          "Invalid order_by clause '%s'. Could not be parsed.".formatted(clause));
    }
    var direction = direction(clause, matcher.group("direction"));
    var subject = Subjects.parse(matcher.group("subject"));
    vocabulary.checkOrder(subject);
    if (subject.entity() == Entity.DATASET) {
      throw StoreException.invalid("Invalid identifier type 'dataset'");
    }
    return new Order(subject, direction);
  }

  private static Direction direction(String clause, @Nullable String word) {
    return switch (word == null ? "asc" : word.toLowerCase(Locale.ROOT)) {
      case "asc" -> Direction.ASC;
      case "desc" -> Direction.DESC;
      default ->
          throw StoreException.invalid(
              "Invalid ordering key in order_by clause '%s'.".formatted(clause));
    };
  }
}
