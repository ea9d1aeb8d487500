package dev.millrace.store.database;

import java.util.Map;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.configuration.FluentConfiguration;

/** The migrations of a database: those for all, and those that only it has. */
final class Migrations {
  private Migrations() {}

  static Flyway of(Dialect dialect, FluentConfiguration configuration) {
    return configuration
        .locations("classpath:db/migration", "classpath:" + folder(dialect))
        .placeholders(Map.of("identity", dialect.identity()))
        .load();
  }

  private static String folder(Dialect dialect) {
    return switch (dialect) {
      case Dialect.Sqlite _ -> "db/sqlite";
      case Dialect.Postgresql _ -> "db/postgresql";
    };
  }
}
