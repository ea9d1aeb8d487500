package dev.millrace.store.search;

import dev.millrace.store.search.JdbcSearch.Related;
import dev.millrace.store.search.JdbcSearch.Tables;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The sort keys of a search, and the joins that bring their values. */
final class JdbcSorting {
  /** One key: its join, empty for a column of the row itself, and what stands in ORDER BY. */
  private record Key(Order order, String join, String text) {
    boolean sorts(String column) {
      return text.startsWith(column + " ");
    }
  }

  /**
   * A search whose first key is a metric with an index.
   *
   * @param joins and keys are those of all other keys
   */
  record Walked(Order order, String joins, String keys) {
    /** Whether a filter finds only rows that have a number in the metric. */
    boolean isAskedFor(Filter filter) {
      return filter instanceof Comparison comparison
          && comparison.subject().equals(order.subject())
          && comparison.operator() != Operator.NOT_EQUAL;
    }
  }

  private final Tables tables;
  private final UnaryOperator<String> parameter;
  private final List<Key> keys = new ArrayList<>();

  JdbcSorting(Tables tables, UnaryOperator<String> parameter) {
    this.tables = tables;
    this.parameter = parameter;
  }

  void add(Order order) {
    var subject = order.subject();
    if (subject.entity() == Entity.ATTRIBUTE) {
      var column = Objects.requireNonNull(tables.columns().get(subject.key()), subject.key());
      var sorted = column + " " + order.direction();
      var isNeverNull = tables.neverNull().contains(column);
      keys.add(new Key(order, "", isNeverNull ? sorted : column + " IS NULL, " + sorted));
      return;
    }
    var related = Objects.requireNonNull(tables.related().get(subject.entity()), subject.key());
    var on = related.on() + " AND x.key = " + parameter.apply(subject.key());
    add(order, new Related(related.from(), on, related.columns()));
  }

  void add(Order order, Related values) {
    var alias = "o" + keys.size();
    var table = values.as(alias);
    var value = alias + ".value";
    var text =
        order.subject().entity() == Entity.METRIC
            ? "CASE WHEN %s IS NULL THEN 2 WHEN %s.is_nan THEN 1 ELSE 0 END, %s %s"
                .formatted(value, alias, value, order.direction())
            : nothingLast(value, order);
    keys.add(new Key(order, " LEFT JOIN " + table.from() + " ON " + table.on(), text));
  }

  String joins() {
    return joins(keys);
  }

  String keys() {
    return keys(keys);
  }

  /** Null when the first key is no metric with an index. */
  @Nullable Walked walked() {
    if (keys.isEmpty()
        || keys.getFirst().order().subject().entity() != Entity.METRIC
        || !tables.indexed().contains(Entity.METRIC)) {
      return null;
    }
    var rest = keys.subList(1, keys.size());
    return new Walked(keys.getFirst().order(), joins(rest), keys(rest));
  }

  /** Finds the rows that the first key's metric has no number for. */
  String hasNoNumber() {
    return "(o0.value IS NULL OR o0.is_nan)";
  }

  private static String joins(List<Key> some) {
    return some.stream().map(Key::join).collect(Collectors.joining());
  }

  private String keys(List<Key> some) {
    // A column twice would keep SQLite from the index that has the order.
    var last =
        Stream.of(tables.lastOrder().split(", ", -1))
            .filter(
                term ->
                    keys.stream()
                        .noneMatch(
                            key -> key.sorts(term.substring(0, term.concat(" ").indexOf(' ')))));
    return Stream.concat(some.stream().map(Key::text), last).collect(Collectors.joining(", "));
  }

  private static String nothingLast(String value, Order order) {
    return value + " IS NULL, " + value + " " + order.direction();
  }
}
