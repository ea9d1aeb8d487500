package dev.millrace.store.search;

import dev.millrace.store.failure.StoreException;
import java.util.List;
import java.util.regex.Pattern;

/** One key that a search sorts by. */
public record Order(Comparison.Subject subject, Direction direction) {
  private static final Pattern CLAUSE =
      Pattern.compile(
          "\\s*(?<subject>\\S.*?)(?:\\s+(?<direction>asc|desc))?\\s*", Pattern.CASE_INSENSITIVE);
  private static final Pattern SUBJECT =
      Pattern.compile("(?:[^\\s`\"]+|`[^`]*`|\"[^\"]*\")(?:`[^`]*`|\"[^\"]*\")?");

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
    if (!matcher.matches() || !SUBJECT.matcher(matcher.group("subject")).matches()) {
      throw StoreException.invalid(
          "Invalid ordering key in order_by clause '%s'.".formatted(clause));
    }
    var subject = Subjects.parse(matcher.group("subject"));
    vocabulary.check(subject);
    if (subject.entity() == Entity.DATASET) {
      throw StoreException.invalid("Invalid identifier type 'dataset'");
    }
    var descending = "desc".equalsIgnoreCase(matcher.group("direction"));
    return new Order(subject, descending ? Direction.DESC : Direction.ASC);
  }
}
