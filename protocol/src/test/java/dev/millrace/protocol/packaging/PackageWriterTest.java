package dev.millrace.protocol.packaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.dataformat.yaml.YAMLMapper;

class PackageWriterTest {
  private final Path folder;

  PackageWriterTest(@TempDir Path temporary) {
    folder = temporary.resolve("package");
  }

  @BeforeEach
  void write() throws IOException {
    SamplePackage.write(folder);
  }

  @Test
  void readsBackWhatWasWritten() {
    var opened = ModelPackage.verified(folder, ModelPackage.open(folder).sha256OfSums());

    assertThat(opened.manifest()).isEqualTo(SamplePackage.MANIFEST);
    assertThat(opened.labels()).containsExactly("cat", "dog");
    assertThat(opened.golden()).isEqualTo(SamplePackage.GOLDEN);
    assertThat(opened.modelFile()).hasContent("not really ONNX");
  }

  @Test
  void listsEveryFileButItselfInTheFormOfSha256sum() throws IOException {
    assertThat(Files.readAllLines(folder.resolve("SHA256SUMS")))
        .allMatch(line -> line.matches("[0-9a-f]{64}  [A-Za-z0-9._]+"))
        .extracting(line -> line.substring(66))
        .containsExactly(
            "MLmodel",
            "conda.yaml",
            "golden.json",
            "input_example.json",
            "labels.txt",
            "millrace.json",
            "model.onnx",
            "python_env.yaml",
            "requirements.txt",
            "serving_input_example.json");
  }

  @Test
  void describesTheModelToMlflow() {
    var model = YAMLMapper.shared().readTree(folder.resolve("MLmodel"));

    assertThat(model.at("/flavors/onnx/data").asString()).isEqualTo("model.onnx");
    assertThat(model.at("/flavors/python_function/loader_module").asString())
        .isEqualTo("mlflow.onnx");
    assertThat(model.at("/run_id").asString()).isEqualTo("0123abcd");
    assertThat(model.at("/utc_time_created").asString()).isEqualTo("2026-01-02 03:04:05.000000");
    assertThat(JsonMapper.shared().readTree(model.at("/signature/inputs").asString()))
        .isEqualTo(
            JsonMapper.shared()
                .readTree(
                    """
                    [{"name":"image","type":"tensor",
                      "tensor-spec":{"dtype":"float32","shape":[-1,1,2,3]}}]
                    """));
  }

  @Test
  void writesTheFirstGoldenInputAsNestedLists() {
    assertThat(folder.resolve("input_example.json"))
        .hasContent("{\"image\":[[[[0.0,0.125,0.25],[0.375,0.5,0.625]]]]}");
  }

  @Test
  void writesIntoEmptyFoldersOnly() {
    assertThatThrownBy(() -> SamplePackage.write(folder))
        .isInstanceOf(PackageException.class)
        .hasMessageContaining("expected an empty folder, found '");
  }

  @Test
  void needsNoLabelsAndNoGoldenExamples(@TempDir Path temporary) throws IOException {
    var bare =
        new ModelManifest(
            1,
            "onnxruntime_onnx",
            "model.onnx",
            SamplePackage.MANIFEST.inputs(),
            SamplePackage.MANIFEST.outputs(),
            null,
            null,
            null);
    var origin = new PackageContents.Origin("1", java.time.Instant.EPOCH);

    var written =
        PackageWriter.write(
            temporary.resolve("bare"),
            new PackageContents(
                bare, folder.resolve("model.onnx"), List.of(), GoldenExamples.NONE, origin));

    assertThat(written.labels()).isEmpty();
    assertThat(written.golden()).isEqualTo(GoldenExamples.NONE);
    assertThat(temporary.resolve("bare/millrace.json"))
        .content()
        .doesNotContain("image\":{", "null");
  }
}
