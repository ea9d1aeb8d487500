package dev.millrace.serving.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.millrace.serving.fixture.FixtureModels;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFileKindTest {
  @TempDir Path folder;

  @Test
  void knowsAPickleByItsFirstBytes() throws IOException {
    var file = file(new byte[] {(byte) 0x80, 4, (byte) 0x95, 0, 0});
    assertThat(ModelFileKind.of(file)).isEqualTo(ModelFileKind.PICKLE);
    assertThat(ModelFileKind.PICKLE.refusal(file))
        .isEqualTo(
            "'model.onnx' is a Python pickle, which can run code when it is opened; Millrace serves"
                + " ONNX models, which hold no code. Convert scikit-learn models with skl2onnx,"
                + " PyTorch models with torch.onnx.export.");
  }

  @Test
  void tellsWhatIsInAZip() throws IOException {
    assertThat(ModelFileKind.of(zip("lenet/data.pkl", "lenet/code/net.py", "lenet/constants.pkl")))
        .isEqualTo(ModelFileKind.TORCHSCRIPT);
    assertThat(ModelFileKind.of(zip("archive/data.pkl", "archive/data/0")))
        .isEqualTo(ModelFileKind.TORCH_WEIGHTS);
    assertThat(ModelFileKind.of(zip("metadata.json", "model.weights.h5")))
        .isEqualTo(ModelFileKind.KERAS);
    assertThat(ModelFileKind.of(zip("model.onnx"))).isEqualTo(ModelFileKind.ZIP);
  }

  @Test
  void knowsOtherFormats() throws IOException {
    assertThat(kindOf("\u0089HDF\r\n\u001a\n")).isEqualTo(ModelFileKind.KERAS);
    assertThat(kindOf("GGUF\u0003")).isEqualTo(ModelFileKind.GGUF);
    assertThat(kindOf("\u001c\0\0\0TFL3")).isEqualTo(ModelFileKind.TFLITE);
    assertThat(kindOf("\u001c\0\0\0ORTM")).isEqualTo(ModelFileKind.ORT);
    assertThat(kindOf("\u001f\u008b\b")).isEqualTo(ModelFileKind.GZIP);
    assertThat(kindOf("{\"learner\":{}}")).isEqualTo(ModelFileKind.JSON);
    assertThat(kindOf("")).isEqualTo(ModelFileKind.EMPTY);
    assertThat(kindOf("version https://git-lfs.github.com/spec/v1\noid sha256:0"))
        .isEqualTo(ModelFileKind.GIT_LFS_POINTER);
  }

  @Test
  void knowsSafetensorsByTheirHeader() throws IOException {
    var bytes = ByteBuffer.allocate(40).order(ByteOrder.LITTLE_ENDIAN).putLong(32).put((byte) '{');
    assertThat(ModelFileKind.of(file(bytes.array()))).isEqualTo(ModelFileKind.SAFETENSORS);
  }

  @Test
  void takesOnnxForUnmarked() {
    assertThat(ModelFileKind.of(FixtureModels.convolution(folder)))
        .isEqualTo(ModelFileKind.UNMARKED);
  }

  @Test
  void explainsWhyNoRuntimeReadsAFile() throws IOException {
    var file = Files.write(folder.resolve("model.pkl"), new byte[] {(byte) 0x80, 4});
    var runtimes = ModelRuntimes.installed();
    assertThatExceptionOfType(ModelLoadException.class)
        .isThrownBy(() -> runtimes.forFile(file))
        .withMessageStartingWith("'model.pkl' is a Python pickle");
  }

  private ModelFileKind kindOf(String content) throws IOException {
    return ModelFileKind.of(file(content.getBytes(StandardCharsets.ISO_8859_1)));
  }

  private Path file(byte[] content) throws IOException {
    return Files.write(folder.resolve("model.onnx"), content);
  }

  private Path zip(String... names) throws IOException {
    var file = folder.resolve("model.onnx");
    try (var out = new ZipOutputStream(Files.newOutputStream(file))) {
      for (var name : names) {
        out.putNextEntry(new ZipEntry(name));
        out.write(1);
      }
    }
    return file;
  }
}
