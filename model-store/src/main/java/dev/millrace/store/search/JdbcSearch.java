package dev.millrace.store.search;

import dev.millrace.store.database.Dialect;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.RowMapper;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Turns a filter and an order into SELECTs. Every value and key is a parameter; only names that the
 * caller wrote into {@link Tables} reach the text.
 *
 * <p>Where the related tables have indexes over key and value, a search begins at the clause that
 * few rows satisfy, or else walks the index of the metric that it sorts by, unless few rows are in
 * question at all, so that its time depends on what it finds and not on all there is.
 */
public final class JdbcSearch {
  /**
   * How subjects read in SQL.
   *
   * @param from the table searched, with its alias
   * @param columns the column of each attribute
   * @param neverNull which of the columns always have a value
   * @param related the table of each keyed entity
   * @param indexed which of those have an index over key and value
   * @param lastOrder decides between equals
   */
  public record Tables(
      String from,
      Map<String, String> columns,
      Set<String> neverNull,
      Map<Entity, Related> related,
      Set<Entity> indexed,
      String lastOrder) {
    /** Copies the collections. */
    public Tables {
      columns = Map.copyOf(columns);
      neverNull = Set.copyOf(neverNull);
      related = Map.copyOf(related);
      indexed = Set.copyOf(indexed);
    }
  }

  /**
   * A table with a row for each key.
   *
   * @param from the table under the alias {@code x}
   * @param on joins it with the row searched
   * @param columns of data sets: the column of each field; empty for tables with a key and a value
   */
  public record Related(String from, String on, Map<String, String> columns) {
    /** Copies the map. */
    public Related {
      columns = Map.copyOf(columns);
    }

    /** The same table under another alias. */
    Related as(String alias) {
      return new Related(
          from.replaceAll("\\bx\\b", alias), on.replaceAll("\\bx\\b", alias), columns);
    }
  }

  private final Tables tables;
  private final JdbcConditions sql;
  private final JdbcSorting sorting;
  private final List<String> conditions = new ArrayList<>();
  private Filter filter = new Filter.All(List.of());

  /** A search over these tables of such a database. */
  public JdbcSearch(Tables tables, Dialect dialect) {
    this.tables = tables;
    this.sql = new JdbcConditions(tables, dialect);
    this.sorting = new JdbcSorting(tables, sql::parameter);
  }

  /** Adds parameters that SQL of the caller's own names. */
  public JdbcSearch with(Map<String, ?> named) {
    sql.parameters().putAll(named);
    return this;
  }

  /** Adds a condition of the caller's own, in SQL, with one parameter. */
  public JdbcSearch where(String condition, String name, Object value) {
    sql.parameters().put(name, value);
    return where(condition);
  }

  /** Adds a condition of the caller's own, in SQL. */
  public JdbcSearch where(String condition) {
    conditions.add(condition);
    return this;
  }

  /** Sets what the rows must satisfy. */
  public JdbcSearch filter(Filter wanted) {
    filter = wanted;
    return this;
  }

  /** Adds sort keys; what has no value comes last in both directions. */
  public JdbcSearch order(List<Order> wanted) {
    wanted.forEach(sorting::add);
    return this;
  }

  /** Adds a sort key whose value stands in a table of the caller's own, one row for each owner. */
  public JdbcSearch order(Order wanted, Related values) {
    sorting.add(wanted, values);
    return this;
  }

  /** Runs the search for one page. */
  public <T> Page<T> page(JdbcClient jdbc, Page.Request request, RowMapper<T> mapper) {
    var run = new JdbcSelects<>(jdbc, sql.parameters(), mapper);
    var few = few(run);
    if (few != null) {
      return request.of(run.rows(few, request.limit(), request.offset()));
    }
    var walked = sorting.walked();
    if (walked == null || run.isFew(possible())) {
      return request.of(run.rows(all(), request.limit(), request.offset()));
    }
    var numbers = numbers(walked);
    if (filter.required().stream().anyMatch(walked::isAskedFor)) {
      return request.of(run.rows(numbers, request.limit(), request.offset()));
    }
    var others = all().and(sorting.hasNoNumber());
    return request.of(run.rows(numbers, others, request.limit(), request.offset()));
  }

  /** The rows in question, whatever the filter: the index of a metric is that of all rows. */
  private JdbcSelects.Select possible() {
    return new JdbcSelects.Select(tables.from(), tables.from(), conditions, sorting.keys());
  }

  private JdbcSelects.Select all() {
    return new JdbcSelects.Select(
        tables.from(), tables.from() + sorting.joins(), where(filter), sorting.keys());
  }

  /** Begins at a clause that few rows satisfy; null when there is none. */
  private JdbcSelects.@Nullable Select few(JdbcSelects<?> run) {
    for (Filter one : filter.required()) {
      if (one instanceof Comparison comparison && sql.isSharp(comparison)) {
        var table = sql.related(comparison.subject()).as("d");
        var clause = sql.keyed("d", comparison);
        if (run.isFew("SELECT 1 FROM " + table.from() + " WHERE " + clause)) {
          var where = new ArrayList<>(List.of(table.on(), clause));
          where.addAll(where(without(Set.of(one))));
          // CROSS JOIN tells SQLite to begin at its left side.
          return new JdbcSelects.Select(
              tables.from(),
              table.from() + " CROSS JOIN " + tables.from() + sorting.joins(),
              where,
              sorting.keys());
        }
      }
    }
    return null;
  }

  /** Walks the rows that have the number sorted by, in its order. */
  private JdbcSelects.Select numbers(JdbcSorting.Walked walked) {
    var table = sql.related(walked.order().subject()).as("d");
    var same = filter.required().stream().filter(walked::isAskedFor).collect(Collectors.toSet());
    var where =
        new ArrayList<>(
            List.of(table.on(), sql.key("d", walked.order().subject()), "NOT d.is_nan"));
    same.forEach(one -> where.add(sql.test("d.value", (Comparison) one)));
    where.addAll(where(without(same)));
    return new JdbcSelects.Select(
        tables.from(),
        table.from() + " CROSS JOIN " + tables.from() + walked.joins(),
        where,
        "d.value " + walked.order().direction() + ", " + walked.keys());
  }

  private Filter without(Set<Filter> some) {
    return new Filter.All(filter.required().stream().filter(one -> !some.contains(one)).toList());
  }

  private List<String> where(Filter wanted) {
    var all = new ArrayList<>(conditions);
    all.addAll(sql.all(wanted.required()));
    return all;
  }
}
