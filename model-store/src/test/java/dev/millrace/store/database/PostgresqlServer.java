package dev.millrace.store.database;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.testcontainers.postgresql.PostgreSQLContainer;
import org.testcontainers.utility.DockerImageName;

/**
 * The PostgreSQL server of the integration tests: one for all, which ends with the JVM. It is a
 * container of the image that MILLRACE_TEST_POSTGRESQL_IMAGE names, or else a process of its own,
 * which needs nothing but the build.
 */
public final class PostgresqlServer {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String ADMIN = "postgres";
  private static final String IMAGE =
      Objects.requireNonNullElse(System.getenv("MILLRACE_TEST_POSTGRESQL_IMAGE"), "");
  private static final AtomicInteger LAST = new AtomicInteger();

  /** Starts with the first test that asks for it. */
  private static final class Shared {
    static final String PLACE = IMAGE.isEmpty() ? process() : container();

    private static String process() {
      try {
        return "127.0.0.1:" + settings().start().getPort();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    // Testcontainers stops it when the JVM ends.
    @SuppressWarnings("resource")
    private static String container() {
      var container =
          new PostgreSQLContainer(
                  DockerImageName.parse(IMAGE).asCompatibleSubstituteFor("postgres"))
              .withUsername(ADMIN)
              .withPassword(ADMIN)
              .withCommand("postgres", "-c", "fsync=off", "-c", "max_connections=300");
      container.start();
      return container.getHost() + ":" + container.getFirstMappedPort();
    }
  }

  private PostgresqlServer() {}

  /** A server of one's own, on this port and with its files in this folder, which stay. */
  public static EmbeddedPostgres start(int port, Path folder) throws IOException {
    return settings().setPort(port).setDataDirectory(folder).setCleanDataDirectory(false).start();
  }

  /** The address of a new database, whose own order of texts is that of a dictionary. */
  public static String newDatabase() {
    var name = "store_" + LAST.incrementAndGet();
    admin(ADMIN)
        .sql(
            "CREATE DATABASE %s TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'en-US'"
                .formatted(name))
        .update();
    return address(name);
  }

  /** The address of a database. */
  public static String address(String name) {
    return addressFor(ADMIN + ":" + ADMIN, name);
  }

  /** The address of a database for somebody else: a user, or USER:PASSWORD. */
  public static String addressFor(String user, String name) {
    return "postgresql://%s@%s/%s".formatted(user, Shared.PLACE, name);
  }

  /** The name of the database at an address. */
  public static String name(String address) {
    return address.substring(address.lastIndexOf('/') + 1);
  }

  /** Makes a user whom the server asks for a password, and who may make tables in the database. */
  public static void newUser(String user, String password, String database) throws IOException {
    admin(database).sql("CREATE ROLE %s LOGIN PASSWORD '%s'".formatted(user, password)).update();
    admin(database).sql("GRANT ALL ON SCHEMA public TO " + user).update();
    if (IMAGE.isEmpty()) {
      // The process trusts everybody else.
      var rules = Path.of(admin(ADMIN).sql("SHOW hba_file").query(String.class).single());
      var rule = "host all %s all scram-sha-256\n".formatted(user);
      Files.writeString(rules, rule + Files.readString(rules));
      admin(ADMIN).sql("SELECT pg_reload_conf()").query(Boolean.class).single();
    }
  }

  /** Who may do everything, in a database. */
  public static JdbcClient admin(String name) {
    return JdbcClient.create(adminOf(name));
  }

  /** Connections of who may do everything, in a database. */
  static DataSource adminOf(String name) {
    var url = "jdbc:postgresql://%s/%s".formatted(Shared.PLACE, name);
    return new DriverManagerDataSource(url, ADMIN, ADMIN);
  }

  private static EmbeddedPostgres.Builder settings() {
    return EmbeddedPostgres.builder()
        .setServerConfig("max_connections", "300")
        .setPGStartupWait(PATIENCE);
  }
}
