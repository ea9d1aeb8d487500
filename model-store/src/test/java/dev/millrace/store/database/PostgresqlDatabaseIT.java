package dev.millrace.store.database;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.store.database.Dialect.Lock;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Writes that really happen at the same time, which SQLite does not have. */
class PostgresqlDatabaseIT {
  private static final int LIMIT_SECONDS = 30;

  @TempDir private Path home;
  private final AtomicInteger attempts = new AtomicInteger();
  private final CountDownLatch bothHaveOne = new CountDownLatch(2);
  private Database database;

  @BeforeEach
  void open() throws IOException {
    database = TestDatabase.open(home, PostgresqlServer.newDatabase());
    database.write(
        () -> {
          for (String key : new String[] {"a", "b"}) {
            database
                .jdbc()
                .sql("INSERT INTO experiment_tags (experiment_id, key, value) VALUES (0, :key, '')")
                .param("key", key)
                .update();
          }
        });
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void twoThatWaitForEachOtherBothGetThrough()
      throws ExecutionException, InterruptedException, TimeoutException {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var up = threads.submit(() -> database.write(() -> append("a", "b", "1")));
      var down = threads.submit(() -> database.write(() -> append("b", "a", "2")));
      up.get(LIMIT_SECONDS, TimeUnit.SECONDS);
      down.get(LIMIT_SECONDS, TimeUnit.SECONDS);
    }
    assertThat(value("a")).isEqualTo(value("b")).isIn("12", "21");
    assertThat(attempts).hasValue(3);
  }

  @Test
  void aLockKeepsOthersOutUntilTheWriteIsOver()
      throws ExecutionException, InterruptedException, TimeoutException {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var other =
          database.write(
              () -> {
                var before = value("a");
                var waiting = threads.submit(() -> database.write(() -> append("a", "2")));
                awaitSomebodyWaiting();
                set("a", before + "1");
                return waiting;
              });
      other.get(LIMIT_SECONDS, TimeUnit.SECONDS);
    }
    assertThat(value("a")).isEqualTo("12");
  }

  @Test
  void aNewVersionLeavesViewsInItsSchemaAlone(@TempDir Path other) throws IOException {
    var address = PostgresqlServer.newDatabase();
    var name = PostgresqlServer.name(address);
    var flyway = Flyway.configure().dataSource(PostgresqlServer.adminOf(name)).target("5");
    Migrations.of(new Dialect.Postgresql(), flyway).migrate();
    PostgresqlServer.admin(name)
        .sql("CREATE VIEW seen AS SELECT CAST('x' AS VARCHAR) AS text")
        .update();
    try (var migrated = TestDatabase.open(other, address)) {
      assertThat(migrated.jdbc().sql("SELECT text FROM seen").query(String.class).single())
          .isEqualTo("x");
    }
  }

  private void append(String first, String second, String text) {
    attempts.incrementAndGet();
    append(first, text);
    bothHaveOne.countDown();
    try {
      assertThat(bothHaveOne.await(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    append(second, text);
  }

  private void append(String key, String text) {
    set(key, value(key) + text);
  }

  private void set(String key, String value) {
    database
        .jdbc()
        .sql("UPDATE experiment_tags SET value = :value WHERE experiment_id = 0 AND key = :key")
        .param("key", key)
        .param("value", value)
        .update();
  }

  private String value(String key) {
    return database
        .jdbc()
        .sql(
            "SELECT value FROM experiment_tags WHERE experiment_id = 0 AND key = :key"
                + database.locking(Lock.CHANGE))
        .param("key", key)
        .query(String.class)
        .single();
  }

  private void awaitSomebodyWaiting() {
    var deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
    var waiting = "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted)";
    while (!database.jdbc().sql(waiting).query(Boolean.class).single()) {
      assertThat(System.nanoTime()).isLessThan(deadline);
    }
  }
}
