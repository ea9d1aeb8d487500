package dev.millrace.store.artifact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.protocol.mlflow.FileInfo;
import dev.millrace.store.failure.StoreException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

/** What every place for artifacts has to do. */
abstract class ArtifactStorageContract {
  private static final ArtifactPath FILE =
      new ArtifactPath("0/run/artifacts/größe 100%;a=b+c~.txt");

  /** An empty place. */
  abstract ArtifactStorage storage();

  @Test
  void givesBackWhatItTook() throws IOException {
    write(FILE, "weights");
    try (var file = storage().open(FILE)) {
      assertThat(file.sizeBytes()).isEqualTo(7);
      assertThat(read(file, 0, 7)).isEqualTo("weights");
      assertThat(read(file, 2, 3)).isEqualTo("igh");
      assertThat(file.sha256()).get().isEqualTo(sha256("weights"));
      assertThat(file.modified()).isNotNull();
    }
  }

  @Test
  void takesAnEmptyFile() throws IOException {
    write(FILE, "");
    try (var file = storage().open(FILE)) {
      assertThat(file.sizeBytes()).isZero();
      assertThat(read(file, 0, 0)).isEmpty();
      assertThat(file.sha256()).get().isEqualTo(sha256(""));
    }
  }

  @Test
  void replacesAFileUnderThoseWhoReadIt() throws IOException {
    write(FILE, "one");
    try (var before = storage().open(FILE)) {
      write(FILE, "two!");
      try (var after = storage().open(FILE)) {
        assertThat(after.tag()).isNotEqualTo(before.tag());
        assertThat(read(after, 0, 4)).isEqualTo("two!");
        assertThat(after.sha256()).get().isEqualTo(sha256("two!"));
      }
      assertThat(read(before, 0, 3)).isEqualTo("one");
    }
  }

  @Test
  void keepsNothingOfAStreamThatBreaksOff() {
    var broken =
        new SequenceInputStream(
            stream("x".repeat(100_000)),
            new InputStream() {
              @Override
              public int read() throws IOException {
                throw new IOException("gone");
              }

              @Override
              public int read(byte[] bytes, int from, int most) throws IOException {
                return read();
              }
            });
    assertThatThrownBy(() -> storage().write(FILE, broken, AnnouncedDigests.NONE))
        .hasMessage("gone");
    assertMissing(FILE);
  }

  @Test
  void keepsWhatWasThereWhenTheContentIsNotWhatWasAnnounced() throws IOException {
    write(FILE, "one");
    var announced = AnnouncedDigests.of(List.of("sha-256=:AAAA:"), null);
    assertThatThrownBy(() -> storage().write(FILE, stream("two"), announced))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("but AAAA was announced. Nothing was stored");
    try (var file = storage().open(FILE)) {
      assertThat(read(file, 0, 3)).isEqualTo("one");
    }
  }

  @Test
  void listsNamesInOrder() throws IOException {
    write(new ArtifactPath("a/c"), "12");
    write(new ArtifactPath("a/b/d"), "1");
    assertThat(storage().list(new ArtifactPath("a")))
        .containsExactly(new FileInfo("b", true, null), new FileInfo("c", false, 2L));
    assertThat(storage().list(new ArtifactPath("nothing"))).isEmpty();
    assertThat(storage().list(new ArtifactPath("a/c"))).isEmpty();
  }

  @Test
  void tellsWhatLiesInAFolderAndDeletesIt() throws IOException {
    write(new ArtifactPath("a/b/c"), "12");
    write(new ArtifactPath("a/d"), "345");
    write(new ArtifactPath("ab"), "6");
    assertThat(storage().usage(new ArtifactPath("a"))).isEqualTo(new Usage(2, 5));
    assertThat(storage().usage(new ArtifactPath("nothing"))).isEqualTo(Usage.NONE);
    assertThat(storage().delete(new ArtifactPath("a"))).isEqualTo(new Usage(2, 5));
    assertThat(storage().delete(new ArtifactPath("a"))).isEqualTo(Usage.NONE);
    assertMissing(new ArtifactPath("a/d"));
    assertThat(storage().delete(new ArtifactPath("ab"))).isEqualTo(new Usage(1, 1));
    assertThatThrownBy(() -> storage().delete(new ArtifactPath(""))).hasMessage("Invalid path");
  }

  @Test
  void saysWhatIsAFolderAndWhatIsAFile() throws IOException {
    write(new ArtifactPath("a/file"), "1");
    assertThatThrownBy(() -> storage().open(new ArtifactPath("a")))
        .hasMessage("Artifact path refers to a directory, not a file: 'a'");
    assertThatThrownBy(() -> write(new ArtifactPath("a"), "x"))
        .hasMessage("Artifact path refers to a directory, not a file: 'a'");
    assertThatThrownBy(() -> write(new ArtifactPath("a/file/below"), "x"))
        .hasMessage("Artifact path 'a/file/below' leads through 'a/file', which is a file.");
  }

  @Test
  void oneOfManyWritersWinsWhole() throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var writers = new ArrayList<java.util.concurrent.Future<?>>();
      for (char letter = 'a'; letter <= 'p'; letter++) {
        var content = String.valueOf(letter).repeat(200_000);
        writers.add(
            threads.submit(
                () -> {
                  write(FILE, content);
                  try (var file = storage().open(FILE)) {
                    var seen = read(file, 0, file.sizeBytes());
                    assertThat(seen)
                        .hasSize(200_000)
                        .isEqualTo(seen.substring(0, 1).repeat(200_000));
                    assertThat(file.sha256()).get().isEqualTo(sha256(seen));
                  }
                  return null;
                }));
      }
      for (var writer : writers) {
        writer.get();
      }
    }
  }

  @Test
  void writesIntoAFolderThatIsBeingDeleted() throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var deletions =
          threads.submit(
              () -> {
                for (int i = 0; i < 200; i++) {
                  storage().delete(new ArtifactPath("busy"));
                }
                return null;
              });
      for (int i = 0; i < 50; i++) {
        write(new ArtifactPath("busy/" + i + "/file"), "x");
      }
      deletions.get();
    }
    write(new ArtifactPath("busy/last"), "x");
    assertThat(storage().list(new ArtifactPath("busy"))).isNotEmpty();
  }

  final void write(ArtifactPath path, String content) throws IOException {
    storage().write(path, stream(content), AnnouncedDigests.NONE);
  }

  final void assertMissing(ArtifactPath path) {
    assertThatThrownBy(() -> storage().open(path))
        .isInstanceOf(StoreException.class)
        .hasMessage("No such artifact: '%s'".formatted(path.text()));
  }

  static InputStream stream(String content) {
    return new ByteArrayInputStream(content.getBytes(StandardCharsets.UTF_8));
  }

  static String read(StoredFile file, long from, long count) throws IOException {
    var bytes = new ByteArrayOutputStream();
    file.copyTo(bytes, from, count);
    return bytes.toString(StandardCharsets.UTF_8);
  }

  static byte[] sha256(String content) {
    var hashes = AnnouncedDigests.NONE.start();
    var bytes = content.getBytes(StandardCharsets.UTF_8);
    hashes.update(bytes, bytes.length);
    return hashes.check();
  }
}
