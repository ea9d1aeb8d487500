package dev.millrace.store.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.millrace.store.failure.StartFailure;
import java.net.UnknownHostException;
import org.flywaydb.core.Flyway;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Connects with a PostgreSQL database, checks that it will do, and brings its tables up to date.
 * Nothing waits for ever: not for a connection, a lock, an answer, or a network that swallows
 * packets.
 */
final class PostgresqlOpening {
  private static final int POOL_WAIT_MILLIS = 5_000;
  private static final int LEAST_IDLE = 2;
  // Later than the server's own limit: this one is for a server that is gone without a word.
  private static final int ANSWER_SECONDS = 90;
  private static final String LIMITS =
      """
      SET lock_timeout = '10s';
      SET statement_timeout = '60s';
      SET idle_in_transaction_session_timeout = '60s'
      """;

  private final Dialect dialect = new Dialect.Postgresql();
  private final PostgresqlAddress address;

  PostgresqlOpening(PostgresqlAddress address) {
    this.address = address;
  }

  /**
   * Opens the database.
   *
   * @param connections the most there will be; half of them write
   */
  Database open(int connections) {
    try (var one = connect(unlimited())) {
      check(JdbcClient.create(one));
      Migrations.of(dialect, Flyway.configure().dataSource(one)).migrate();
    }
    var writers = connect(pool("writer", connections / 2, "READ COMMITTED, READ WRITE"));
    try {
      var readers = pool("reader", connections / 2, "REPEATABLE READ, READ ONLY");
      return new Database(dialect, writers, connect(readers));
    } catch (RuntimeException e) {
      writers.close();
      throw e;
    }
  }

  private HikariDataSource connect(HikariConfig pool) {
    try {
      return new HikariDataSource(pool);
    } catch (RuntimeException e) {
      throw refused(e);
    }
  }

  private void check(JdbcClient jdbc) {
    var encoding = jdbc.sql("SHOW server_encoding").query(String.class).single();
    if (!encoding.equals("UTF8")) {
      throw new StartFailure(
          "The database '%s' (MILLRACE_STORE_DATABASE) has the encoding %s, but the store needs UTF8. Make another: CREATE DATABASE name ENCODING 'UTF8' TEMPLATE template0."
              .formatted(address.place(), encoding));
    }
    var foreign =
        jdbc.sql(
                """
                SELECT COUNT(*) FROM information_schema.tables
                WHERE table_schema = current_schema() AND table_name = 'alembic_version'
                """)
            .query(Long.class)
            .single();
    if (foreign > 0) {
      throw new StartFailure(
          "The database '%s' (MILLRACE_STORE_DATABASE) has the tables of an MLflow server, which the store does not take over. Name an empty one."
              .formatted(address.place()));
    }
  }

  /** For migrations: to build an index may take longer than any request. */
  private HikariConfig unlimited() {
    var config = new HikariConfig();
    config.setJdbcUrl(address.url());
    if (!address.user().isEmpty()) {
      config.setUsername(address.user());
    }
    if (!address.password().isEmpty()) {
      config.setPassword(address.password());
    }
    config.setMinimumIdle(1);
    config.setConnectionTimeout(POOL_WAIT_MILLIS);
    config.addDataSourceProperty("ApplicationName", "millrace-store");
    config.addDataSourceProperty("connectTimeout", String.valueOf(POOL_WAIT_MILLIS / 1_000));
    config.addDataSourceProperty("tcpKeepAlive", "true");
    return config;
  }

  private HikariConfig pool(String name, int most, String transactions) {
    var config = unlimited();
    config.setPoolName("store-" + name);
    config.setMaximumPoolSize(most);
    config.setMinimumIdle(Math.min(most, LEAST_IDLE));
    config.setConnectionInitSql(
        "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL "
            + transactions
            + ";"
            + LIMITS);
    config.addDataSourceProperty("socketTimeout", String.valueOf(ANSWER_SECONDS));
    return config;
  }

  /** Why there is no connection, without the password. */
  private StartFailure refused(RuntimeException failure) {
    var sentence =
        switch (Trouble.state(failure).orElse("")) {
          case "28P01", "28000", "08004" ->
              "PostgreSQL at '%s' (MILLRACE_STORE_DATABASE) refuses the user '%s': %s. Correct USER:PASSWORD there, or MILLRACE_STORE_DATABASE_USER and _PASSWORD."
                  .formatted(address.place(), address.user(), reason(failure));
          case "3D000" ->
              "PostgreSQL has no database '%s' (MILLRACE_STORE_DATABASE). Create it, with ENCODING 'UTF8', or name another."
                  .formatted(address.place());
          default ->
              "PostgreSQL at '%s' (MILLRACE_STORE_DATABASE) cannot be reached: %s. Start it, or correct the address."
                  .formatted(address.place(), reason(failure));
        };
    return new StartFailure(sentence);
  }

  /** The first line: a server adds more that helps only its developers. */
  private static String reason(Throwable failure) {
    var innermost = failure;
    for (var cause = failure.getCause(); cause != null; cause = cause.getCause()) {
      innermost = cause;
    }
    if (innermost instanceof UnknownHostException) {
      return "its host is unknown";
    }
    var text = String.valueOf(innermost.getMessage());
    return text.lines().findFirst().orElse(text).replaceAll("\\.$", "");
  }
}
