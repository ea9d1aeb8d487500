package dev.millrace.protocol.packaging;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostilePackageTest {
  private static final String ZEROS = "0".repeat(64);

  private final Path folder;

  HostilePackageTest(@TempDir Path temporary) {
    folder = temporary.resolve("package");
  }

  @BeforeEach
  void write() throws IOException {
    SamplePackage.write(folder);
  }

  @Test
  void refusesAFileThatChanged() throws IOException {
    var listed = Sha256.of(folder.resolve("model.onnx"));
    Files.writeString(folder.resolve("model.onnx"), "something else");
    var found = Sha256.of(folder.resolve("model.onnx"));

    assertRefused()
        .hasMessage(
            "Package file '%s/model.onnx': expected SHA-256 %s, found %s. Fetch the package again, or publish the model again."
                .formatted(folder, listed, found));
  }

  @Test
  void refusesSumsThatTheRegistryDoesNotKnow() {
    assertThatThrownBy(() -> ModelPackage.verified(folder, ZEROS))
        .isInstanceOf(PackageException.class)
        .hasMessageContaining("/SHA256SUMS': expected SHA-256 " + ZEROS + ", found ");
  }

  @Test
  void refusesAFileThatIsNotListed() throws IOException {
    Files.writeString(folder.resolve("extra.py"), "print('hello')");

    assertRefused()
        .hasMessageContaining(
            "/extra.py': expected only files that SHA256SUMS lists, found one it does not list");
  }

  @Test
  void refusesAListedFileThatIsMissing() throws IOException {
    Files.delete(folder.resolve("labels.txt"));

    assertRefused().hasMessageContaining("/labels.txt': expected a regular file, found none");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../outside",
        "/etc/passwd",
        "a/../../outside",
        "a//b",
        "./a",
        "a\\b",
        "a/.",
        "..",
        "a b"
      })
  void refusesPathsThatAreNotPlainlyBelowThePackage(String path) throws IOException {
    Files.writeString(folder.resolve("SHA256SUMS"), ZEROS + "  " + path + "\n");

    assertRefused()
        .hasMessageContaining(
            "/SHA256SUMS': expected paths below the package, found path '" + path + "'");
  }

  @Test
  void refusesALinkEvenToAFileWithTheRightDigest() throws IOException {
    var moved = Files.move(folder.resolve("model.onnx"), folder.resolveSibling("elsewhere"));
    Files.createSymbolicLink(folder.resolve("model.onnx"), moved);

    assertRefused()
        .hasMessageContaining("/model.onnx': expected a regular file, found a symbolic link");
  }

  @Test
  void refusesALinkToAFolder() throws IOException {
    Files.createSymbolicLink(folder.resolve("data"), folder.getParent());

    assertRefused().hasMessageContaining("/data': expected a regular file, found a symbolic link");
  }

  @Test
  void refusesALineThatIsNoDigest() throws IOException {
    Files.writeString(folder.resolve("SHA256SUMS"), "abc  model.onnx\n");

    assertRefused()
        .hasMessageContaining("expected lines of '<64 hexadecimal digits>  <path>', found 'abc");
  }

  @Test
  void refusesATruncatedManifest() throws IOException {
    var manifest = Files.readString(folder.resolve("millrace.json"));
    Files.writeString(folder.resolve("millrace.json"), manifest.substring(0, 40));

    assertThatThrownBy(() -> ModelPackage.open(folder))
        .isInstanceOf(PackageException.class)
        .hasMessageStartingWith("Package file '" + folder + "/millrace.json': expected the JSON")
        .hasMessageContaining("ModelManifest, found: Unexpected end-of-input")
        .hasMessageContaining("(line 1, column ");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          "formatVersion":1 | "formatVersion":2 | 'formatVersion' is 2; this build reads 1
          "platform":"onnxruntime_onnx" | "x":1 | 'platform' is missing
          "modelFile":"model.onnx" | "modelFile":"../model.onnx" | path '../model.onnx' is not below the package
          "goldenFile":"golden.json" | "goldenFile":"/golden.json" | path '/golden.json' is not below the package
          "datatype":"FP32" | "datatype":"FP31" | tensor 'image' has datatype 'FP31'; expected BOOL
          "shape":[-1,1,2,3] | "shape":[-2,1,2,3] | tensor 'image' has shape [-2, 1, 2, 3]; each size is -1 or more
          "input":"image" | "input":"picture" | 'image.input' is 'picture'; expected one of [image]
          "channels":1 | "channels":2 | 'image.channels' is 2; expected 1 or 3
          """)
  void refusesAManifestThatContradictsItself(String part, String instead, String message)
      throws IOException {
    var manifest = Files.readString(folder.resolve("millrace.json"));
    Files.writeString(folder.resolve("millrace.json"), manifest.replace(part, instead));

    assertThatThrownBy(() -> ModelPackage.open(folder))
        .isInstanceOf(PackageException.class)
        .hasMessageContaining("/millrace.json'")
        .hasMessageContaining(message);
  }

  @Test
  void refusesAFolderWithoutAManifest() throws IOException {
    Files.delete(folder.resolve("millrace.json"));

    assertThatThrownBy(() -> ModelPackage.open(folder))
        .isInstanceOf(PackageException.class)
        .hasMessageContaining("/millrace.json': expected a regular file, found none");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          "shape":[1,2] | "shape":[1,3] | tensor 'probabilities' has shape [1, 3] and 2 numbers
          "data":[0.25, | "data":[1e999, | has Infinity at 0; a golden example holds finite numbers only
          "datatype":"FP32" | "datatype":"BYTES" | tensor 'image' has datatype 'BYTES'; expected BOOL
          "tolerance":1.0E-4 | "tolerance":-1 | 'tolerance' is -1.0; expected a number of 0 or more
          """)
  void refusesGoldenExamplesThatCannotBe(String part, String instead, String message)
      throws IOException {
    var golden = Files.readString(folder.resolve("golden.json"));
    Files.writeString(folder.resolve("golden.json"), golden.replace(part, instead));

    assertThatThrownBy(() -> ModelPackage.open(folder).golden())
        .isInstanceOf(PackageException.class)
        .hasMessageContaining("/golden.json'")
        .hasMessageContaining(message);
  }

  private AbstractThrowableAssert<?, ?> assertRefused() {
    return assertThatThrownBy(() -> ModelPackage.verified(folder, null))
        .isInstanceOf(PackageException.class);
  }
}
