package dev.millrace.serving.repository;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.millrace.serving.fixture.FixtureModels;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigPrinterTest {
  @TempDir Path root;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream errors = new ByteArrayOutputStream();

  @Test
  void completesEachModelFromItsFile() throws IOException {
    FixtureModels.addition(version("sum"));
    FixtureModels.identity(version("labels"), DataType.STRING, -1);
    assertThat(print(root)).isTrue();
    assertThat(text(out))
        .contains("# labels/config.pbtxt")
        .contains("# sum/config.pbtxt")
        .contains("platform: \"onnxruntime_onnx\"")
        .contains("max_batch_size: 64")
        .contains("input {\n  name: \"a\"\n  data_type: TYPE_INT32\n  dims: 3\n}")
        .contains(
            "input {\n  name: \"x\"\n  data_type: TYPE_STRING\n  dims: 1\n  reshape {\n  }\n}");
  }

  /** What it writes can be put where it says. */
  @Test
  void writesWhatItReads() throws IOException {
    FixtureModels.identity(version("labels"), DataType.STRING, -1);
    assertThat(print(root.resolve("labels"))).isTrue();
    var written = text(out);
    Files.writeString(root.resolve("labels/config.pbtxt"), written);
    out.reset();
    assertThat(print(root.resolve("labels"))).isTrue();
    assertThat(text(out)).isEqualTo(written);
  }

  @Test
  void goesOnAfterAModelThatCannotBeOpened() throws IOException {
    Files.writeString(version("broken").resolve("model.onnx"), "broken");
    FixtureModels.fixedShape(version("fixed"));
    assertThat(print(root)).isFalse();
    assertThat(text(errors)).startsWith("broken: ").contains("is not an ONNX model");
    assertThat(text(out)).contains("dims: 2\n  dims: 3").doesNotContain("max_batch_size");
  }

  @Test
  void findsNothingInAnEmptyFolder() throws IOException {
    assertThat(print(root)).isFalse();
  }

  private Path version(String model) throws IOException {
    return Files.createDirectories(root.resolve(model).resolve("1"));
  }

  private boolean print(Path folder) throws IOException {
    return new ConfigPrinter(stream(out), stream(errors)).print(folder);
  }

  private static PrintStream stream(ByteArrayOutputStream bytes) {
    return new PrintStream(bytes, true, StandardCharsets.UTF_8);
  }

  private static String text(ByteArrayOutputStream bytes) {
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
