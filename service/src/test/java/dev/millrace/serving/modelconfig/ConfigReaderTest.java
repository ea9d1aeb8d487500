package dev.millrace.serving.modelconfig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigReaderTest {
  private static final String INPUT = "input { name: \"x\" data_type: TYPE_FP32 dims: 4 ";

  @TempDir Path root;

  private Path folder;

  @BeforeEach
  void makeFolder() throws IOException {
    folder = Files.createDirectories(root.resolve("m"));
  }

  /** Each is the second line, so that its place is told from that of the whole. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "max_batch_sise: 4|line 2, column 1: there is no field 'ModelConfig.max_batch_sise'",
        "input { nam: \"x\" }|line 2, column 9: there is no field 'ModelInput.nam'",
        "max_batch_size: four|line 2, column 17",
        "input { name: \"x\"|line 2",
        "input { data_type: TYPE_FLOAT }|line 2, column 20",
        "max_batch_size: 1 max_batch_size: 2|line 2",
        "sequence_batching { }|line 2, column 1, field 'sequence_batching': needs the inputs and outputs that clients see: give 'input' and 'output'",
        "ensemble_scheduling { step { model_name: \"a\" } }|line 2, column 1, field 'ensemble_scheduling': ensemble scheduling cannot be set for model 'm' whose platform is not ensemble",
        "model_transaction_policy { decoupled: true }|line 2, column 28, field 'model_transaction_policy.decoupled'",
        "batch_input { kind: BATCH_ELEMENT_COUNT }|field 'batch_input[0]'",
        "cc_model_filenames { key: \"7.5\" value: \"a.onnx\" }|field 'cc_model_filenames[0]'",
        "model_operations { op_library_filename: \"a.so\" }|field 'model_operations.op_library_filename': libraries of custom operators are code",
        "model_repository_agents { agents { name: \"checksum\" } }|field 'model_repository_agents.agents[0]'",
        "instance_group { passive: true }|line 2, column 18, field 'instance_group[0].passive'",
        "instance_group { profile: \"1\" }|optimization profiles are only supported for TensorRT",
        "platform: \"tensorrt_plan\"|line 2, column 1, field 'platform': unexpected platform type 'tensorrt_plan'",
        "backend: \"python\"|field 'backend': unexpected backend type 'python'",
        "runtime: \"../../evil.so\"|field 'runtime'",
        "name: \"other\"|unexpected directory name 'm' for model 'other', directory name must equal model name",
        "max_batch_size: -1|'max_batch_size' must be non-negative value for m",
        "dynamic_batching { preferred_batch_size: 4 }|dynamic batching preferred size must be <= max batch size for m",
        "max_batch_size: 8 dynamic_batching { preferred_batch_size: 0 }|preferred size must be positive",
        "dynamic_batching { priority_levels: 2 }|default priority level must be in range [1, 2] for m",
        "dynamic_batching { preserve_ordering: true priority_levels: 2 default_priority_level: 1 }|Only one priority level is allowed",
        "dynamic_batching { max_queue_delay_microseconds: 18446744073709551615 }|the time is too long",
        "instance_group { kind: KIND_CPU gpus: 0 }|has kind KIND_CPU but specifies one or more GPUs",
        "instance_group { count: -1 }|the count must be 1 or more",
        "default_model_filename: \"../other/1/model.onnx\"|leads out of the folder",
        "default_model_filename: \"/etc/passwd\"|leads out of the folder",
        "version_policy { specific { versions: 0 } }|a version is a number from 1",
        "model_warmup { batch_size: 1 inputs { key: \"x\" value { data_type: TYPE_FP32 dims: -1 zero_data: true } } }|expects all variable-size dimensions",
        "model_warmup { batch_size: 1 inputs { key: \"x\" value { data_type: TYPE_FP32 dims: 1 } } }|to have input_data_type set",
      })
  void refusesWithThePlaceAndTheReason(String line, String message) {
    assertThatThrownBy(() -> read("# first\n" + line))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("config.pbtxt, line ")
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "optional: true|optional inputs are not supported",
        "allow_ragged_batch: true|ragged batches are not supported",
        "is_shape_tensor: true|shape tensors are only supported for TensorRT platform",
        "format: FORMAT_NCHW|model input NHWC/NCHW require 3 dims",
        "reshape { }|cannot have empty reshape for non-batching model",
        "reshape { shape: [ 2, 3 ] }|model input 'x' has different size for dims and reshape",
        "reshape { shape: [ -1 ] }|has different number of variable-size dimensions",
        "reshape { shape: [ 4, 0 ] }|reshape dimensions must be integer >= 1",
        "dims: 0|dimension must be integer >= 1, or -1"
      })
  void refusesInputs(String more, String message) {
    assertThatThrownBy(() -> read(INPUT + more + " }")).hasMessageContaining(message);
  }

  @Test
  void refusesReshapesThatOverflow() {
    var large = "dims: [ 4294967296, 4294967296 ] reshape { shape: [ 1 ] }";
    assertThatThrownBy(() -> read("input { name: \"x\" data_type: TYPE_FP32 " + large + " }"))
        .hasMessageContaining("has different size for dims and reshape");
  }

  @Test
  void takesWhatHasNoEffectAndTellsOfIt() throws IOException {
    var declared =
        read(
            """
            optimization { execution_accelerators { gpu_execution_accelerator { name: "tensorrt" } } }
            instance_group [ { count: 2 host_policy: "gpu_0" rate_limiter { priority: 2 } } ]
            """);
    assertThat(declared.withoutEffect())
        .containsExactlyInAnyOrder(
            "optimization", "instance_group[0].host_policy", "instance_group[0].rate_limiter");
  }

  @ParameterizedTest
  @ValueSource(strings = {"../secret.txt", "/etc/passwd", "..", "a/../../secret.txt", "..\\\\x"})
  void takesLabelsFromInsideTheModelOnly(String name) throws IOException {
    Files.writeString(root.resolve("secret.txt"), "secret");
    assertThatThrownBy(() -> read(output(name)))
        .hasMessageContaining("field 'output[0].label_filename'")
        .hasMessageContaining("leads out of the folder of the model");
  }

  @Test
  void followsNoLinkOutOfTheModel() throws IOException {
    Files.writeString(root.resolve("secret.txt"), "secret");
    Files.createSymbolicLink(folder.resolve("labels.txt"), root.resolve("secret.txt"));
    assertThatThrownBy(() -> read(output("labels.txt"))).hasMessageContaining("leads out");
    Files.writeString(root.resolve("elsewhere"), "max_batch_size: 4");
    Files.delete(folder.resolve("config.pbtxt"));
    Files.createSymbolicLink(folder.resolve("config.pbtxt"), root.resolve("elsewhere"));
    assertThatThrownBy(() -> ConfigReader.read("m", folder)).hasMessageContaining("leads out");
  }

  @Test
  void readsLabelsOfEachOutput() throws IOException {
    Files.writeString(folder.resolve("labels.txt"), "a\nb\n");
    assertThat(read(output("labels.txt")).labels().get("y")).containsExactly("a", "b");
    assertThatThrownBy(() -> read(output("absent.txt"))).hasMessageContaining("there is no file");
  }

  @Test
  void readsWhatAClientSends() throws IOException {
    var declared =
        ConfigReader.ofJson(
            "m",
            "{\"max_batch_size\":4,\"input\":[{\"name\":\"x\",\"data_type\":\"TYPE_FP32\",\"dims\":[\"-1\",4]}]}",
            folder);
    assertThat(declared.message().getInput(0).getDimsList()).containsExactly(-1L, 4L);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"max_batch_sise\":4}|max_batch_sise",
        "{|Invalid config override: ",
        "{\"sequence_batching\":{}}|Invalid config override, field 'sequence_batching'",
        "{\"name\":\"other\"}|directory name must equal model name"
      })
  void refusesWhatAClientSends(String json, String message) {
    assertThatThrownBy(() -> ConfigReader.ofJson("m", json, folder))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("Invalid config override")
        .hasMessageContaining(message);
  }

  private static String output(String labels) {
    return "output { name: \"y\" data_type: TYPE_FP32 dims: 4 label_filename: \"" + labels + "\" }";
  }

  private DeclaredConfig read(String text) throws IOException {
    Files.writeString(folder.resolve("config.pbtxt"), text);
    return ConfigReader.withLabels(ConfigReader.read("m", folder).orElseThrow());
  }
}
