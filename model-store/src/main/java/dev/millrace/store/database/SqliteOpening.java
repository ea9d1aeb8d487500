package dev.millrace.store.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.flywaydb.core.Flyway;

/** Opens the database file in a folder, and brings its tables up to date first. */
final class SqliteOpening {
  private static final int READERS = 4;
  private static final int BUSY_MILLIS = 10_000;

  private SqliteOpening() {}

  static Database open(Path folder) throws IOException {
    Files.createDirectories(folder);
    var dialect = new Dialect.Sqlite();
    var writer = new HikariDataSource(writer("jdbc:sqlite:" + folder.resolve("millrace.db")));
    Migrations.of(dialect, Flyway.configure().dataSource(writer)).migrate();
    return new Database(dialect, writer, new HikariDataSource(readers(writer.getJdbcUrl())));
  }

  private static HikariConfig writer(String url) {
    var config = connections(url, "store-writer", 1);
    config.addDataSourceProperty("transaction_mode", "IMMEDIATE");
    return config;
  }

  private static HikariConfig readers(String url) {
    var config = connections(url, "store-reader", READERS);
    config.setConnectionInitSql("PRAGMA query_only = 1");
    return config;
  }

  private static HikariConfig connections(String url, String name, int count) {
    var config = new HikariConfig();
    config.setPoolName(name);
    config.setJdbcUrl(url);
    config.setMaximumPoolSize(count);
    config.setMaxLifetime(0);
    config.addDataSourceProperty("journal_mode", "WAL");
    // In WAL mode NORMAL would lose the last transactions when the machine loses power.
    config.addDataSourceProperty("synchronous", "FULL");
    config.addDataSourceProperty("foreign_keys", "true");
    config.addDataSourceProperty("busy_timeout", String.valueOf(BUSY_MILLIS));
    return config;
  }
}
