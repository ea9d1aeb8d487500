package dev.millrace.store.artifact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.store.artifact.MultipartUploads.Part;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MultipartUploadsTest {
  private static final ArtifactPath FILE = new ArtifactPath("0/model.bin");

  private final Path home;
  private final ArtifactFolder folder;
  private final MultipartUploads uploads;

  MultipartUploadsTest(@TempDir Path home) throws IOException {
    this.home = home;
    this.folder = new ArtifactFolder(home);
    this.uploads = new MultipartUploads(home, folder);
  }

  @Test
  void joinsPartsThatCameInAnyOrder() throws IOException {
    var id = uploads.create(FILE, 3);
    var third = put(id, 3, "!");
    var first = put(id, 1, "hello ");
    var second = put(id, 2, "world");
    assertThat(folder.list(new ArtifactPath("0"))).isEmpty();
    uploads.complete(id, FILE, List.of(first, second, third));
    try (var file = folder.open(FILE)) {
      assertThat(ArtifactStorageContract.read(file, 0, file.sizeBytes())).isEqualTo("hello world!");
      assertThat(file.sha256()).get().isEqualTo(ArtifactStorageContract.sha256("hello world!"));
    }
    assertThat(files()).singleElement().asString().endsWith("done");
  }

  @Test
  void completingAgainIsFineAndChangesNothing() throws IOException {
    var id = uploads.create(FILE, 1);
    var part = put(id, 1, "one");
    uploads.complete(id, FILE, List.of(part));
    folder.write(FILE, ArtifactStorageContract.stream("newer"), AnnouncedDigests.NONE);
    uploads.complete(id, FILE, List.of(part));
    try (var file = folder.open(FILE)) {
      assertThat(ArtifactStorageContract.read(file, 0, 5)).isEqualTo("newer");
    }
    uploads.abort(id, FILE);
  }

  @Test
  void completingAgainForAnotherPathIsRefused() throws IOException {
    var id = uploads.create(FILE, 1);
    var part = put(id, 1, "one");
    uploads.complete(id, FILE, List.of(part));
    assertThatThrownBy(() -> uploads.complete(id, new ArtifactPath("0/other"), List.of(part)))
        .hasMessage("The upload is for '0/model.bin', not for '0/other'.");
  }

  @Test
  void aPartThatIsSentAgainReplacesTheFirst() throws IOException {
    var id = uploads.create(FILE, 1);
    var before = put(id, 1, "one");
    var after = put(id, 1, "two");
    assertThatThrownBy(() -> uploads.complete(id, FILE, List.of(before)))
        .hasMessageContaining("Part 1 with the ETag '" + before.etag() + "' is not there");
    uploads.complete(id, FILE, List.of(after));
    try (var file = folder.open(FILE)) {
      assertThat(ArtifactStorageContract.read(file, 0, 3)).isEqualTo("two");
    }
  }

  @Test
  void refusesPartsThatAreMissingTwiceOrInDisorder() throws IOException {
    var id = uploads.create(FILE, 2);
    var first = put(id, 1, "one");
    assertThatThrownBy(() -> uploads.complete(id, FILE, List.of(first)))
        .hasMessageContaining("has 2 parts, but 1 were named");
    assertThatThrownBy(() -> uploads.complete(id, FILE, List.of(first, first)))
        .hasMessageContaining("Part 1 stands where part 2 belongs");
    assertThatThrownBy(() -> uploads.complete(id, FILE, List.of(first, new Part(2, ""))))
        .hasMessageContaining("Part 2 with the ETag '' is not there");
    assertThatThrownBy(() -> put(id, 3, "x")).hasMessageContaining("Part 3 is none");
    assertThatThrownBy(() -> put(id, 0, "x")).hasMessageContaining("Part 0 is none");
    assertThatThrownBy(() -> uploads.create(FILE, 0)).hasMessageContaining("between 1 and 10000");
    assertThatThrownBy(() -> uploads.create(FILE, 10_001)).hasMessageContaining("between 1 and");
  }

  @Test
  void refusesAnotherPathAndAnUnknownId() throws IOException {
    var id = uploads.create(FILE, 1);
    var other = new ArtifactPath("0/other");
    var part = put(id, 1, "x");
    assertThatThrownBy(() -> uploads.complete(id, other, List.of(part)))
        .hasMessage("The upload is for '0/model.bin', not for '0/other'.");
    assertThatThrownBy(() -> uploads.abort(id, other)).hasMessageContaining("is for '0/model.bin'");
    assertThatThrownBy(() -> put("0".repeat(32), 1, "x")).hasMessageContaining("no open upload");
    assertThatThrownBy(() -> put("../" + id, 1, "x")).hasMessageContaining("no id of an upload");
  }

  @Test
  void abortingRemovesThePartsHoweverOften() throws IOException {
    var id = uploads.create(FILE, 1);
    put(id, 1, "x");
    uploads.abort(id, FILE);
    uploads.abort(id, FILE);
    assertThat(files()).isEmpty();
    assertThatThrownBy(() -> put(id, 1, "x")).hasMessageContaining("no open upload");
    assertThat(home.resolve("uploads")).isEmptyDirectory();
  }

  @Test
  void forgetsWhatNobodyTouchedForADay() throws IOException {
    var old = uploads.create(FILE, 1);
    var young = uploads.create(FILE, 1);
    var now = Instant.now();
    Files.setLastModifiedTime(
        home.resolve("parts").resolve(old), FileTime.from(now.minus(Duration.ofHours(25))));
    uploads.expire(now);
    assertThat(home.resolve("parts").resolve(old)).doesNotExist();
    put(young, 1, "x");
  }

  @Test
  void oneThatGoesMeanwhileDoesNotKeepTheOthers() throws IOException {
    var now = Instant.now();
    var parts = home.resolve("parts");
    for (int i = 0; i < 10; i++) {
      // Listed, and not there when it is looked at: as one that is aborted in between.
      Files.createSymbolicLink(parts.resolve("%032x".formatted(i)), parts.resolve("none"));
      Files.setLastModifiedTime(
          parts.resolve(uploads.create(FILE, 1)), FileTime.from(now.minus(Duration.ofHours(25))));
    }
    uploads.expire(now);
    assertThat(files()).isEmpty();
  }

  @Test
  void openUploadsAreBounded() throws IOException {
    for (int i = 0; i < 1_000; i++) {
      var open = Files.createDirectory(home.resolve("parts/%032x".formatted(i)));
      Files.writeString(open.resolve("target"), "1 0/model.bin");
    }
    assertThatThrownBy(() -> uploads.create(FILE, 1))
        .hasMessageContaining("1000 uploads in parts are open already");
  }

  private Part put(String id, long number, String content) throws IOException {
    var etag =
        uploads.put(id, number, ArtifactStorageContract.stream(content), AnnouncedDigests.NONE);
    return new Part(number, '"' + etag + '"');
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> all = Files.walk(home.resolve("parts"))) {
      return all.filter(Files::isRegularFile).toList();
    }
  }
}
