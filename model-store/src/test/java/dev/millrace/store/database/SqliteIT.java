package dev.millrace.store.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What only the database in a file has. */
class SqliteIT {
  @TempDir private Path home;
  private Database database;

  @BeforeEach
  void open() throws IOException {
    database = TestDatabase.open(home, "");
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void isDurableAndChecksReferences() {
    assertThat(one("PRAGMA journal_mode")).isEqualTo("wal");
    database.write(
        () -> {
          // 2 is FULL.
          assertThat(one("PRAGMA synchronous")).isEqualTo("2");
          assertThat(one("PRAGMA foreign_keys")).isEqualTo("1");
        });
  }

  /** A file whose migrations differ from the store's is refused at the start. */
  @Test
  void takesTheFilesOfEarlierStores() {
    var checksum = "SELECT checksum FROM flyway_schema_history WHERE version = '%s'";
    assertThat(one(checksum.formatted(1))).isEqualTo("104005277");
    assertThat(one(checksum.formatted(2))).isEqualTo("711381006");
  }

  private String one(String sql) {
    return database.jdbc().sql(sql).query(String.class).single();
  }
}
