package dev.millrace.store.search;

import dev.millrace.store.database.Dialect;
import dev.millrace.store.search.Comparison.Subject;
import dev.millrace.store.search.Comparison.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.springframework.jdbc.core.RowMapper;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Turns a filter and an order into one SELECT. Every value and key is a parameter; only names that
 * the caller wrote into {@link Tables} reach the text.
 */
public final class JdbcSearch {
  /**
   * How subjects read in SQL.
   *
   * @param select everything before WHERE
   * @param columns the column of each attribute
   * @param related the table of each keyed entity
   * @param lastOrder decides between equals
   */
  public record Tables(
      String select, Map<String, String> columns, Map<Entity, Related> related, String lastOrder) {
    /** Copies the maps. */
    public Tables {
      columns = Map.copyOf(columns);
      related = Map.copyOf(related);
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
  }

  // PostgreSQL's own bound for joins whose order it thinks about.
  private static final int MOST_JOINED = 8;

  private final Tables tables;
  private final Dialect dialect;
  private final List<String> conditions = new ArrayList<>();
  private final List<String> orders = new ArrayList<>();
  private final Map<String, Object> parameters = new HashMap<>();

  /** A search over these tables of such a database. */
  public JdbcSearch(Tables tables, Dialect dialect) {
    this.tables = tables;
    this.dialect = dialect;
  }

  /** Adds a condition of the caller's own, in SQL, with one parameter. */
  public JdbcSearch where(String condition, String name, Object value) {
    parameters.put(name, value);
    return where(condition);
  }

  /** Adds a condition of the caller's own, in SQL. */
  public JdbcSearch where(String condition) {
    conditions.add(condition);
    return this;
  }

  /** Adds the clauses of a filter. */
  public JdbcSearch filter(List<Comparison> comparisons) {
    var many = comparisons.size() > MOST_JOINED;
    comparisons.forEach(comparison -> conditions.add(oneByOne(condition(comparison), many)));
    return this;
  }

  /** Adds sort keys; what has no value comes last in both directions. */
  public JdbcSearch order(List<Order> wanted) {
    wanted.forEach(this::add);
    return this;
  }

  /** Runs the search for one page. */
  public <T> Page<T> page(JdbcClient jdbc, Page.Request request, RowMapper<T> mapper) {
    var where = conditions.isEmpty() ? "" : " WHERE " + String.join(" AND ", conditions);
    orders.add(tables.lastOrder());
    var sql =
        tables.select()
            + where
            + " ORDER BY "
            + String.join(", ", orders)
            + " LIMIT :limit OFFSET :offset";
    return request.of(
        jdbc.sql(sql)
            .params(parameters)
            .param("limit", request.limit())
            .param("offset", request.offset())
            .query(mapper)
            .list());
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
    var keyed = rows(related) + " AND x.key = " + parameter(subject.key());
    return switch (comparison.operator()) {
      case IS_NULL -> "NOT EXISTS (" + keyed + ")";
      case IS_NOT_NULL -> "EXISTS (" + keyed + ")";
      default -> "EXISTS (" + keyed + number(subject) + " AND " + test("x.value", comparison) + ")";
    };
  }

  // NaN is stored as 0 with a flag and matches nothing.
  private static String number(Subject subject) {
    return subject.entity() == Entity.METRIC ? " AND NOT x.is_nan" : "";
  }

  private static String rows(Related related) {
    return "SELECT 1 FROM " + related.from() + " WHERE " + related.on();
  }

  private String test(String column, Comparison comparison) {
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

  private void add(Order order) {
    var direction = " " + order.direction();
    if (order.subject().entity() == Entity.ATTRIBUTE) {
      var column = column(order.subject());
      orders.add(column + " IS NULL, " + column + direction);
      return;
    }
    var key = parameter(order.subject().key());
    if (order.subject().entity() == Entity.METRIC) {
      var isNan = "CASE WHEN x.is_nan THEN 1 ELSE 0 END";
      orders.add("COALESCE(" + value(isNan, order, key) + ", 2)");
    } else {
      orders.add(value("x.value", order, key) + " IS NULL");
    }
    orders.add(value("x.value", order, key) + direction);
  }

  private String value(String column, Order order, String key) {
    var related = related(order.subject());
    return "(SELECT "
        + column
        + " FROM "
        + related.from()
        + " WHERE "
        + related.on()
        + " AND x.key = "
        + key
        + ")";
  }

  private String column(Subject subject) {
    return Objects.requireNonNull(tables.columns().get(subject.key()), subject.key());
  }

  private Related related(Subject subject) {
    return Objects.requireNonNull(tables.related().get(subject.entity()), subject.key());
  }

  private String parameter(Object value) {
    var name = "p" + parameters.size();
    parameters.put(name, value);
    return ":" + name;
  }
}
