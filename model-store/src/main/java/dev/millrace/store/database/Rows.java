package dev.millrace.store.database;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.RowMapper;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Reads what JDBC makes awkward. */
public final class Rows {
  // Far below the number of parameters that any database takes.
  private static final int IDS_PER_QUERY = 500;

  private Rows() {}

  /** A number that may be null. */
  public static @Nullable Long nullableLong(ResultSet row, String column) throws SQLException {
    var value = row.getLong(column);
    return row.wasNull() ? null : value;
  }

  /**
   * The rows that belong to each of many owners, in the query's order.
   *
   * @param sql takes the owners' ids as {@code :ids} and answers a column {@code owner}
   */
  public static <T> Map<String, List<T>> byOwner(
      JdbcClient jdbc, String sql, List<?> ids, RowMapper<T> mapper) {
    var owned = new HashMap<String, List<T>>();
    for (int start = 0; start < ids.size(); start += IDS_PER_QUERY) {
      var some = ids.subList(start, Math.min(ids.size(), start + IDS_PER_QUERY));
      jdbc.sql(sql)
          .param("ids", some)
          .query(
              row -> {
                owned
                    .computeIfAbsent(row.getString("owner"), _ -> new ArrayList<>())
                    .add(mapper.mapRow(row, 0));
              });
    }
    return owned;
  }
}
