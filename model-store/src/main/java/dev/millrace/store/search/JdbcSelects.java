package dev.millrace.store.search;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.springframework.jdbc.core.RowMapper;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Runs the SELECTs of one search. */
final class JdbcSelects<T> {
  /** A clause that fewer rows satisfy is where a search begins; all of them are sorted then. */
  private static final int FEW = 1_000;

  /**
   * A SELECT of whole rows.
   *
   * @param table whose columns it takes, with its alias
   */
  record Select(String table, String from, List<String> where, String orderBy) {
    Select {
      where = List.copyOf(where);
    }

    Select and(String condition) {
      var all = new ArrayList<>(where);
      all.add(condition);
      return new Select(table, from, all, orderBy);
    }

    private String text() {
      var alias = table.substring(table.lastIndexOf(' ') + 1);
      return "SELECT " + alias + ".*" + rows() + " ORDER BY " + orderBy;
    }

    private String rows() {
      var conditions = where.isEmpty() ? "" : " WHERE " + String.join(" AND ", where);
      return " FROM " + from + conditions;
    }
  }

  private final JdbcClient jdbc;
  private final Map<String, Object> parameters;
  private final RowMapper<T> mapper;

  JdbcSelects(JdbcClient jdbc, Map<String, Object> parameters, RowMapper<T> mapper) {
    this.jdbc = jdbc;
    this.parameters = parameters;
    this.mapper = mapper;
  }

  List<T> rows(Select select, int limit, long offset) {
    return jdbc.sql(select.text() + " LIMIT :limit OFFSET :offset")
        .params(parameters)
        .param("limit", limit)
        .param("offset", offset)
        .query(mapper)
        .list();
  }

  /** The rows of one SELECT, and then those of another. */
  List<T> rows(Select first, Select second, int limit, long offset) {
    var found = new ArrayList<>(rows(first, limit, offset));
    if (found.size() < limit) {
      var skipped = found.isEmpty() && offset > 0 ? count(first) : offset;
      found.addAll(rows(second, limit - found.size(), offset - skipped));
    }
    return found;
  }

  boolean isFew(Select select) {
    return isFew("SELECT 1" + select.rows());
  }

  boolean isFew(String rows) {
    return count("SELECT COUNT(*) FROM (" + rows + " LIMIT " + FEW + ") few") < FEW;
  }

  private long count(Select select) {
    return count("SELECT COUNT(*)" + select.rows());
  }

  private long count(String sql) {
    return jdbc.sql(sql).params(parameters).query(Long.class).single();
  }
}
