package dev.millrace.store;

import static java.net.http.HttpRequest.BodyPublishers.ofString;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.store.database.Database;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk that takes nothing more, and one that cannot be used. */
class SqliteDiskIT {
  private static final String FILE = "/api/2.0/mlflow-artifacts/artifacts/disk/file";

  @TempDir private static Path home;
  private static RunningStore store;

  @BeforeAll
  static void start() {
    store = RunningStore.in(home);
  }

  @AfterAll
  static void stop() {
    store.close();
  }

  @Test
  void aDatabaseWithoutRoomSaysSoAndTakesWritesAgainWhenThereIsRoom() {
    var run = store.run("0");
    var param =
        "{\"run_id\":\"%s\",\"key\":\"big\",\"value\":\"%s\"}".formatted(run, "x".repeat(6_000));
    limit(pragma("PRAGMA page_count"));
    try {
      store
          .post("runs/log-parameter", param)
          .refused(507, "RESOURCE_LIMIT_EXCEEDED", "disk of the store's database is full");
      assertThat(store.get("runs/get?run_id=" + run).ok().at("/run/data/params").isMissingNode())
          .isTrue();
    } finally {
      limit(1_073_741_823);
    }
    store.post("runs/log-parameter", param).ok();
  }

  @Test
  void aFileWhereAFolderShouldBeIsSaidAndIsOverWithoutARestart() throws IOException {
    var uploads = home.resolve("store/uploads");
    Files.delete(uploads);
    refused("The store cannot use its artifacts (its folder for uploads is gone)");
    Files.writeString(uploads, "in the way");
    refused("The store cannot use its artifacts (Not a directory)");
    Files.delete(uploads);
    Files.createDirectory(uploads);
    assertThat(store.send(store.request(FILE).PUT(ofString("x"))).status()).isEqualTo(200);
  }

  private static void refused(String message) {
    store.send(store.request(FILE).PUT(ofString("x"))).refused(500, "INTERNAL_ERROR", message);
    store.send(store.request(FILE)).refused(404, "RESOURCE_DOES_NOT_EXIST", "No such artifact");
  }

  private static void limit(long pages) {
    assertThat(pragma("PRAGMA max_page_count = " + pages)).isEqualTo(pages);
  }

  /** In a write, since the setting is the writing connection's own. */
  private static long pragma(String pragma) {
    var database = store.part(Database.class);
    return database.write(() -> database.jdbc().sql(pragma).query(Long.class).single());
  }
}
