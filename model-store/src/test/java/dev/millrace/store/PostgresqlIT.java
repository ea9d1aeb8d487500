package dev.millrace.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.millrace.store.database.PostgresqlServer;
import dev.millrace.store.failure.StartFailure;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What only a database in another process has: it may be away, refuse the store, or not fit. */
class PostgresqlIT {
  private static final long LIMIT_NANOS = Duration.ofSeconds(60).toNanos();
  private static final String READ = "experiments/get?experiment_id=0";
  private static final String WRITE = "experiments/set-experiment-tag";
  private static final String TAG = "{\"experiment_id\":\"0\",\"key\":\"k\",\"value\":\"%s\"}";

  @TempDir private Path home;

  @Test
  void saysThatNothingListensThere() throws IOException {
    var address = "postgresql://me:secret@127.0.0.1:%s/store".formatted(freePort());
    assertThat(failure(address))
        .matches(
            "PostgreSQL at '127.0.0.1:\\d+/store' \\(MILLRACE_STORE_DATABASE\\) cannot be reached: Connection refused. Start it, or correct the address.");
    assertThat(failure("postgresql://me:secret@no-such-host.invalid/store"))
        .startsWith("PostgreSQL at 'no-such-host.invalid/store'")
        .contains("cannot be reached: its host is unknown.");
  }

  @Test
  void saysThatThePasswordIsWrongAndNotWhichItWas() throws IOException {
    var name = PostgresqlServer.name(PostgresqlServer.newDatabase());
    PostgresqlServer.newUser("guarded", "p@ss/w%rd+1", name);
    assertThat(failure(PostgresqlServer.addressFor("guarded:geheim", name)))
        .contains("refuses the user 'guarded': FATAL: password authentication failed")
        .endsWith("Correct USER:PASSWORD there, or MILLRACE_STORE_DATABASE_USER and _PASSWORD.")
        .doesNotContain("geheim");
    assertThat(failure(PostgresqlServer.addressFor("guarded", name)))
        .contains("refuses the user 'guarded'");
    RunningStore.on(PostgresqlServer.addressFor("guarded:p%40ss%2Fw%25rd+1", name), home).close();
    RunningStore.on(
            PostgresqlServer.addressFor("somebody:geheim", name),
            home,
            "--millrace.store-database-user=guarded",
            "--millrace.store-database-password=p@ss/w%rd+1")
        .close();
  }

  @Test
  void saysThatTheDatabaseIsNotThereOrWillNotDo() {
    assertThat(failure(PostgresqlServer.address("nowhere")))
        .contains("has no database", "/nowhere' (MILLRACE_STORE_DATABASE). Create it");
    PostgresqlServer.admin("postgres")
        .sql("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
        .update();
    assertThat(failure(PostgresqlServer.address("latin")))
        .contains("has the encoding LATIN1, but the store needs UTF8");
    var foreign = PostgresqlServer.newDatabase();
    PostgresqlServer.admin(PostgresqlServer.name(foreign))
        .sql("CREATE TABLE alembic_version (version_num TEXT)")
        .update();
    assertThat(failure(foreign)).contains("has the tables of an MLflow server");
  }

  @Test
  void saysWhichSettingIsWrong() {
    assertThat(failure("mysql://me:secret@host/store"))
        .startsWith("MILLRACE_STORE_DATABASE begins with 'mysql:'")
        .doesNotContain("secret");
    var address = PostgresqlServer.address("any");
    assertThat(failure(address, "--millrace.store-database-connections=1"))
        .isEqualTo(
            "MILLRACE_STORE_DATABASE_CONNECTIONS is '1', but has to be a number from 2 to 999.");
  }

  @Test
  void refusesTextsThatItCannotKeep() {
    try (var store = RunningStore.on(PostgresqlServer.newDatabase(), home)) {
      store
          .post("experiments/create", "{\"name\":\"a\\u0000b\"}")
          .refused(400, "INVALID_PARAMETER_VALUE", "has the character NUL (\\u0000)");
      store
          .get("experiments/get-by-name?experiment_name=a%00b")
          .refused(400, "INVALID_PARAMETER_VALUE", "has the character NUL (\\u0000)");
    }
  }

  @Test
  void comparesAllTextsByTheirBytes() {
    var address = PostgresqlServer.newDatabase();
    RunningStore.on(address, home).close();
    var others =
        PostgresqlServer.admin(PostgresqlServer.name(address))
            .sql(
                """
                SELECT table_name || '.' || column_name FROM information_schema.columns
                WHERE table_schema = 'public' AND table_name <> 'flyway_schema_history'
                  AND data_type IN ('text', 'character varying', 'character')
                  AND (data_type <> 'text' OR collation_name IS DISTINCT FROM 'C')
                """)
            .query(String.class)
            .list();
    assertThat(others).isEmpty();
  }

  @Test
  void twoStoresShareADatabase(@TempDir Path other) {
    var address = PostgresqlServer.newDatabase();
    try (var one = RunningStore.on(address, home);
        var two = RunningStore.on(address, other)) {
      one.post(WRITE, TAG.formatted("shared")).ok();
      assertThat(two.get(READ).ok().toString()).contains("\"shared\"");
    }
  }

  @Test
  void outlivesConnectionsThatBreak() {
    var address = PostgresqlServer.newDatabase();
    try (var store = RunningStore.on(address, home)) {
      store.post(WRITE, TAG.formatted("before")).ok();
      store.get(READ).ok();
      PostgresqlServer.admin(PostgresqlServer.name(address))
          .sql(
              "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'millrace-store'")
          .query(Boolean.class)
          .list();
      store.post(WRITE, TAG.formatted("after")).ok();
      assertThat(store.get(READ).ok().toString()).contains("\"after\"");
    }
  }

  @Test
  void saysThatTheServerIsAwayAndGoesOnWhenItIsBack(@TempDir Path data) throws IOException {
    var port = freePort();
    var address = "postgresql://postgres@127.0.0.1:%s/postgres".formatted(port);
    var server = PostgresqlServer.start(port, data);
    try (var store = RunningStore.on(address, home)) {
      store.post(WRITE, TAG.formatted("before")).ok();
      server.close();
      awaitAnswer(store, 503);
      store
          .post(WRITE, TAG.formatted("lost"))
          .refused(503, "TEMPORARILY_UNAVAILABLE", "The store's database does not answer.");
      assertThat(store.send(store.request("/health")).status()).isEqualTo(200);
      server = PostgresqlServer.start(port, data);
      awaitAnswer(store, 200);
      assertThat(store.get(READ).ok().toString()).contains("\"before\"");
      store.post(WRITE, TAG.formatted("after")).ok();
    } finally {
      server.close();
    }
  }

  /** Asks until the answer is this; until then, only that the database is away may be said. */
  private static void awaitAnswer(RunningStore store, int status) {
    var deadline = System.nanoTime() + LIMIT_NANOS;
    var answer = store.get(READ);
    while (answer.status() != status) {
      assertThat(answer.status()).isIn(200, 503);
      assertThat(System.nanoTime()).as("an answer of " + status).isLessThan(deadline);
      answer = store.get(READ);
    }
  }

  private String failure(String address, String... more) {
    var failure = catchThrowable(() -> RunningStore.on(address, home, more).close());
    return StartFailure.explain(Objects.requireNonNull(failure, "It started"));
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
