package dev.millrace.store.search;

import dev.millrace.store.database.Dialect;
import dev.millrace.store.search.Comparison.Subject;
import dev.millrace.store.search.Comparison.Value;
import dev.millrace.store.search.JdbcSearch.Related;
import dev.millrace.store.search.JdbcSearch.Tables;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/** Writes the conditions of a search, and keeps their parameters. */
final class JdbcConditions {
  // PostgreSQL's own bound for joins whose order it thinks about.
  private static final int MOST_JOINED = 8;

  private final Tables tables;
  private final Dialect dialect;
  private final Map<String, Object> parameters = new HashMap<>();

  JdbcConditions(Tables tables, Dialect dialect) {
    this.tables = tables;
    this.dialect = dialect;
  }

  /** All parameters that were kept. */
  Map<String, Object> parameters() {
    return parameters;
  }

  /** Whether an index finds the rows that satisfy a comparison. */
  boolean isSharp(Comparison comparison) {
    var entity = comparison.subject().entity();
    return tables.indexed().contains(entity)
        && (entity == Entity.METRIC
            ? comparison.operator() != Operator.NOT_EQUAL
            : comparison.operator() == Operator.EQUAL);
  }

  /** Finds the rows that satisfy each of the filters. */
  List<String> all(List<Filter> filters) {
    var many = filters.size() > MOST_JOINED;
    return filters.stream().map(one -> oneByOne(condition(one), many)).toList();
  }

  /**
   * PostgreSQL makes joins of all EXISTS, and with hundreds of them thinks for minutes about their
   * order. It leaves those alone that are compared with TRUE.
   */
  private String oneByOne(String condition, boolean many) {
    return switch (dialect) {
      case Dialect.Sqlite _ -> condition;
      case Dialect.Postgresql _ -> many ? "(" + condition + ") IS TRUE" : condition;
    };
  }

  /** Finds the rows that satisfy a filter. */
  String condition(Filter wanted) {
    return switch (wanted) {
      case Comparison comparison -> condition(comparison);
      case Filter.All(var filters) -> joined(filters, " AND ");
      case Filter.Any(var filters) -> joined(filters, " OR ");
      // Where a row has nothing to compare, SQL knows neither true nor false.
      case Filter.Not(var negated) -> "(" + condition(negated) + ") IS NOT TRUE";
    };
  }

  private String joined(List<Filter> filters, String operator) {
    return filters.stream().map(this::condition).collect(Collectors.joining(operator, "(", ")"));
  }

  private String condition(Comparison comparison) {
    var subject = comparison.subject();
    if (subject.entity() == Entity.ATTRIBUTE) {
      return test(column(subject), comparison);
    }
    var related = related(subject);
    if (subject.entity() == Entity.DATASET) {
      return "EXISTS ("
          + rows(related)
          + " AND "
          + test(Objects.requireNonNull(related.columns().get(subject.key())), comparison)
          + ")";
    }
    var keyed = rows(related) + " AND ";
    return switch (comparison.operator()) {
      case IS_NULL -> "NOT EXISTS (" + keyed + key("x", subject) + ")";
      case IS_NOT_NULL -> "EXISTS (" + keyed + key("x", subject) + ")";
      default -> "EXISTS (" + keyed + keyed("x", comparison) + ")";
    };
  }

  String key(String alias, Subject subject) {
    return alias + ".key = " + parameter(subject.key());
  }

  /** Finds the rows of a keyed table under this alias that satisfy a comparison. */
  String keyed(String alias, Comparison comparison) {
    var value = alias + ".value";
    var key = key(alias, comparison.subject()) + " AND ";
    if (comparison.subject().entity() == Entity.METRIC) {
      // NaN is stored as 0 with a flag; it differs from every number, and nothing else is true of
      // it.
      return comparison.operator() == Operator.NOT_EQUAL
          ? key + "(" + test(value, comparison) + " OR " + alias + ".is_nan)"
          : key + test(value, comparison) + " AND NOT " + alias + ".is_nan";
    }
    var tested = key + test(value, comparison);
    if (isSharp(comparison) && comparison.value() instanceof Value.Text(var text)) {
      // The index holds the start of a text.
      return tested
          + " AND SUBSTR("
          + value
          + ", 1, 100) = SUBSTR("
          + parameter(text)
          + ", 1, 100)";
    }
    return tested;
  }

  private static String rows(Related related) {
    return "SELECT 1 FROM " + related.from() + " WHERE " + related.on();
  }

  /** Compares a column. */
  String test(String column, Comparison comparison) {
    return switch (comparison.value()) {
      case Value.Text(var text) -> testText(column, comparison.operator(), text);
      case Value.Digits(var digits) ->
          column + " " + comparison.operator().symbol() + " " + parameter(Double.valueOf(digits));
      case Value.Texts(var texts) ->
          column + " " + comparison.operator().symbol() + " (" + parameter(texts) + ")";
      case Value.None() -> column + " " + comparison.operator().symbol();
    };
  }

  private String testText(String column, Operator operator, String text) {
    return switch (operator) {
      case LIKE -> like(column, text);
      case ILIKE -> likeInAnyCase(column, text);
      default -> column + " " + operator.symbol() + " " + parameter(text);
    };
  }

  private String like(String column, String pattern) {
    return switch (dialect) {
      // Its LIKE ignores case, its GLOB does not.
      case Dialect.Sqlite _ -> column + " GLOB " + parameter(LikePattern.asGlob(pattern));
      // Unless told otherwise, it takes a backslash for an escape.
      case Dialect.Postgresql _ -> column + " LIKE " + parameter(pattern) + " ESCAPE ''";
    };
  }

  private String likeInAnyCase(String column, String pattern) {
    return switch (dialect) {
      case Dialect.Sqlite _ -> column + " LIKE " + parameter(pattern);
      case Dialect.Postgresql _ -> column + " ILIKE " + parameter(pattern) + " ESCAPE ''";
    };
  }

  private String column(Subject subject) {
    return Objects.requireNonNull(tables.columns().get(subject.key()), subject.key());
  }

  Related related(Subject subject) {
    return Objects.requireNonNull(tables.related().get(subject.entity()), subject.key());
  }

  // Keeps a value as a parameter, and answers how the text names it.
  String parameter(Object value) {
    var name = "p" + parameters.size();
    parameters.put(name, value);
    return ":" + name;
  }
}
