package dev.millrace.serving.modelconfig;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.millrace.protocol.modelconfig.ModelConfigText;
import dev.millrace.serving.fake.FakeModel;
import dev.millrace.serving.fuzz.Fuzzer;
import dev.millrace.serving.runtime.ModelLoadException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.MethodSource;

/** Configurations in both forms; what is taken is completed, and comes back the same from text. */
@Timeout(60)
class ConfigFuzzTest {
  @TempDir Path folder;

  static List<Named<byte[]>> texts() throws IOException {
    return Fuzzer.seeds("configtext", file -> file);
  }

  static List<Named<byte[]>> overrides() throws IOException {
    return Fuzzer.seeds("configjson", file -> file);
  }

  @MethodSource("texts")
  @FuzzTest
  void readsOrRefusesText(byte[] input) throws IOException {
    Files.write(folder.resolve(ConfigReader.NAME), input);
    take(() -> ConfigReader.read("m", folder).orElseThrow());
  }

  @MethodSource("overrides")
  @FuzzTest
  void readsOrRefusesJson(byte[] input) throws IOException {
    take(() -> ConfigReader.ofJson("m", new String(input, UTF_8), folder));
  }

  private interface Reading {
    DeclaredConfig read() throws IOException;
  }

  private static void take(Reading reading) throws IOException {
    DeclaredConfig declared;
    try {
      declared = ConfigReader.withLabels(reading.read());
      SignaturePlan.of("m", FakeModel.pairs(), declared);
    } catch (IOException | ModelLoadException refusal) {
      assertThat(refusal).hasMessageMatching("(?s).+");
      return;
    }
    var completed = CompletedConfig.of("m", declared, FakeModel.pairs(), 8, "model.onnx");
    var again = ModelConfigText.parse("again", ModelConfigText.print(completed));
    assertThat(again.config()).isEqualTo(completed);
  }
}
