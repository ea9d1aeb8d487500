package dev.millrace.store.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.store.database.Dialect.Lock;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.dao.DataAccessException;

class DatabaseIT {
  @TempDir private Path folder;
  private Database database;

  @BeforeEach
  void open() throws IOException {
    database = TestDatabase.open(folder);
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void keepsNothingOfAWriteThatThrows() {
    assertThatThrownBy(
            () ->
                database.write(
                    () -> {
                      rename("half done");
                      throw new IllegalStateException("stop");
                    }))
        .hasMessage("stop");
    assertThat(name()).isEqualTo("Default");
  }

  @Test
  void whatFollowsACommitSeesItAndAnUndoneWriteHasNoConsequence() {
    var heard = new ArrayList<String>();
    database.write(
        () -> {
          rename("committed");
          database.afterCommit(() -> heard.add(inAnotherThread(this::name)));
          assertThat(heard).isEmpty();
        });
    assertThat(heard).containsExactly("committed");
    assertThatThrownBy(
            () ->
                database.write(
                    () -> {
                      database.afterCommit(() -> heard.add("undone"));
                      throw new IllegalStateException("stop");
                    }))
        .hasMessage("stop");
    assertThat(heard).containsExactly("committed");
  }

  @Test
  void aReadSeesTheWriteUnderWayOnlyFromInside() {
    database.write(
        () -> {
          rename("new");
          assertThat(database.read(this::name)).isEqualTo("new");
          assertThat(inAnotherThread(this::name)).isEqualTo("Default");
        });
    assertThat(name()).isEqualTo("new");
  }

  @Test
  void aReadSeesOneState() {
    database.read(
        () -> {
          assertThat(name()).isEqualTo("Default");
          inAnotherThread(() -> database.write(() -> rename("new")));
          assertThat(name()).isEqualTo("Default");
          return null;
        });
    assertThat(name()).isEqualTo("new");
  }

  @Test
  void nothingChangesOutsideAWrite() {
    assertThatThrownBy(() -> rename("x")).isInstanceOf(DataAccessException.class);
    assertThatThrownBy(() -> database.read(() -> rename("x")))
        .isInstanceOf(DataAccessException.class);
    assertThat(name()).isEqualTo("Default");
  }

  @Test
  void manyWritersTakeTurns() throws ExecutionException, InterruptedException {
    var start = new CountDownLatch(1);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var writes = new ArrayList<Future<?>>();
      for (int i = 0; i < 40; i++) {
        writes.add(
            threads.submit(
                () -> {
                  start.await();
                  database.write(() -> rename(name() + "x"));
                  return null;
                }));
      }
      start.countDown();
      for (Future<?> write : writes) {
        write.get();
      }
    }
    assertThat(name()).isEqualTo("Default" + "x".repeat(40));
  }

  private int rename(String name) {
    return database
        .jdbc()
        .sql("UPDATE experiments SET name = :name WHERE experiment_id = 0")
        .param("name", name)
        .update();
  }

  private String name() {
    return database
        .jdbc()
        .sql("SELECT name FROM experiments WHERE experiment_id = 0" + database.locking(Lock.CHANGE))
        .query(String.class)
        .single();
  }

  private static <T> T inAnotherThread(Callable<T> work) {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      return threads.submit(work).get();
    } catch (ExecutionException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
