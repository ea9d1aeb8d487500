package dev.millrace.store.database;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;

/**
 * The database that integration tests run on: SQLite, or PostgreSQL where {@code
 * -Dmillrace.test.database=postgresql} says so. The build runs all of them twice.
 */
public final class TestDatabase {
  private static final Map<Path, String> ADDRESSES = new ConcurrentHashMap<>();

  private TestDatabase() {}

  /** For the store of a folder: empty for SQLite, else a database that no other folder has. */
  public static String address(Path home) {
    return System.getProperty("millrace.test.database", "").equals("postgresql")
        ? ADDRESSES.computeIfAbsent(home, _ -> PostgresqlServer.newDatabase())
        : "";
  }

  static Database open(Path home) throws IOException {
    return open(home, address(home));
  }

  static Database open(Path home, String address) throws IOException {
    var settings = new StandardEnvironment();
    settings
        .getPropertySources()
        .addFirst(
            new MapPropertySource(
                "test",
                Map.of("millrace.home", home.toString(), "millrace.store-database", address)));
    return new DatabaseConfiguration().database(settings);
  }
}
