package dev.millrace.store.database;

import dev.millrace.store.failure.StartFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/** Opens the database that the settings name: SQLite in the home folder, or PostgreSQL. */
@Configuration(proxyBeanMethods = false)
class DatabaseConfiguration {
  private static final Pattern CONNECTIONS = Pattern.compile("[2-9]|[1-9]\\d{1,2}");

  /** Asks the environment, and not by an expression: a password may look like one. */
  @Bean
  Database database(Environment settings) throws IOException {
    var address = settings.getProperty("millrace.store-database", "").strip();
    if (address.isEmpty()) {
      return SqliteOpening.open(Path.of(settings.getRequiredProperty("millrace.home"), "store"));
    }
    var user = settings.getProperty("millrace.store-database-user", "");
    var password = settings.getProperty("millrace.store-database-password", "");
    return new PostgresqlOpening(PostgresqlAddress.parse(address, user, password))
        .open(connections(settings.getProperty("millrace.store-database-connections", "16")));
  }

  private static int connections(String text) {
    if (!CONNECTIONS.matcher(text).matches()) {
      throw new StartFailure(
          "MILLRACE_STORE_DATABASE_CONNECTIONS is '%s', but has to be a number from 2 to 999."
              .formatted(text));
    }
    return Integer.parseInt(text);
  }
}
