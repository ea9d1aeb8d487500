package dev.millrace.serving.repository;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArtifactCacheTest {
  @TempDir Path folder;

  @Test
  void clearsAwayWhatAKilledProcessLeftHalfDone() throws IOException {
    put("incoming/a/model.onnx");
    var download = folder.resolve("incoming/a");
    var note = put("champions/digits1.new");
    age(download);
    age(note);
    var cache = new ArtifactCache(folder);
    assertThat(download).doesNotExist();
    assertThat(note).doesNotExist();
    assertThat(cache.remembered()).isEmpty();
  }

  @Test
  void sparesWhatAnotherProcessMayBeAtWorkOn() throws IOException {
    var download = put("incoming/a/model.onnx");
    var note = put("champions/digits1.new");
    var finished = put("champions/digits.properties");
    age(finished);
    assertThat(new ArtifactCache(folder)).isNotNull();
    assertThat(download).exists();
    assertThat(note).exists();
    assertThat(finished).exists();
  }

  private Path put(String name) throws IOException {
    var file = folder.resolve(name);
    Files.createDirectories(file.resolveSibling("."));
    return Files.writeString(file, "");
  }

  private static void age(Path file) throws IOException {
    var old = Instant.now().minus(Duration.ofDays(2));
    Files.setLastModifiedTime(file, FileTime.from(old));
  }
}
