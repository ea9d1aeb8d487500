package dev.millrace.serving.lifecycle;

import static dev.millrace.serving.fake.FakeEngine.candidate;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.tensor.TensorSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KnownVersionsTest {
  private static final KnownVersion VERSION =
      new KnownVersion(
          "1",
          "digest",
          1L << 40,
          8,
          new Signature(
              List.of(
                  new TensorSpec("a=b: \u00e4\n", DataType.FP32, Shape.of(-1, 3)),
                  new TensorSpec("scalar", DataType.INT64, Shape.of())),
              List.of(new TensorSpec("", DataType.BYTES, Shape.of(-1)))));

  @TempDir Path folder;

  @Test
  void areRememberedByTheNextProcess() {
    known().remember("m", VERSION);
    assertThat(known().find(candidate("m", "1", "digest"))).contains(VERSION);
  }

  @Test
  void areThoseOfExactlyThisContent() {
    known().remember("m", VERSION);
    assertThat(known().find(candidate("m", "1", "other"))).isEmpty();
    assertThat(known().find(candidate("m", "2", "digest"))).isEmpty();
    assertThat(known().find(candidate("other", "1", "digest"))).isEmpty();
  }

  @Test
  void areTheLastOnesOfEachModel() throws IOException {
    known().remember("../m", VERSION);
    var next = new KnownVersion("2", "next", 5, 0, VERSION.signature());
    known().remember("../m", next);
    assertThat(known().find(candidate("../m", "1", "digest"))).isEmpty();
    assertThat(known().find(candidate("../m", "2", "next"))).contains(next);
    try (var files = Files.list(folder.resolve("known"))) {
      assertThat(files).hasSize(1);
    }
  }

  @Test
  void areForgottenWhenALoadFails() {
    known().remember("m", VERSION);
    known().forget("m");
    known().forget("m");
    assertThat(known().find(candidate("m", "1", "digest"))).isEmpty();
  }

  @Test
  void areNotThoseOfAnotherReleaseOrOfADamagedFile() throws IOException {
    known().remember("m", VERSION);
    var file = onlyFile();
    var text = Files.readString(file);
    Files.writeString(file, text.replaceAll("(?m)^release=.*$", "release=0.0.1"));
    assertThat(known().find(candidate("m", "1", "digest"))).isEmpty();
    Files.writeString(file, text.replaceAll("(?m)^bytes=.*$", "bytes=many"));
    assertThat(known().find(candidate("m", "1", "digest"))).isEmpty();
    Files.writeString(file, text.replaceAll("(?m)^outputs=.*$", ""));
    assertThat(known().find(candidate("m", "1", "digest"))).isEmpty();
    Files.writeString(file, text);
    assertThat(known().find(candidate("m", "1", "digest"))).contains(VERSION);
  }

  @Test
  void areNotRememberedWithoutAFolder() {
    var none = new KnownVersions(null);
    none.remember("m", VERSION);
    none.forget("m");
    assertThat(none.find(candidate("m", "1", "digest"))).isEmpty();
  }

  private KnownVersions known() {
    return new KnownVersions(folder.resolve("known"));
  }

  private Path onlyFile() throws IOException {
    try (var files = Files.list(folder.resolve("known"))) {
      return files.findFirst().orElseThrow();
    }
  }
}
