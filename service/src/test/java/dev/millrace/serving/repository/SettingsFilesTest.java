package dev.millrace.serving.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.protocol.packaging.GoldenExamples;
import dev.millrace.serving.lifecycle.InstanceGroup;
import dev.millrace.serving.lifecycle.ModelSettings;
import dev.millrace.serving.lifecycle.PlacementSettings;
import dev.millrace.serving.lifecycle.ServablePackage;
import dev.millrace.serving.scheduling.PaddingSettings;
import dev.millrace.serving.scheduling.QueuePolicy;
import dev.millrace.serving.scheduling.QueuePolicy.Action;
import dev.millrace.serving.scheduling.QueuePolicy.TimeoutOverride;
import dev.millrace.serving.scheduling.QueueSettings;
import dev.millrace.serving.scheduling.SchedulerSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsFilesTest {
  private final Path folder;

  SettingsFilesTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void takesTheDefaultsWhereNobodySaysAnything() throws IOException {
    assertThat(read(null)).isEqualTo(ModelSettings.defaults());
  }

  @Test
  void takesWhatLiesWithTheModel() throws IOException {
    var settings =
        read(
            null,
            """
            max-batch-rows: 32
            preferred-batch-rows: [16, 8]
            max-queue-delay: 500us
            max-queue-rows: 100
            instances:
              - {count: 2, kind: gpu, devices: [0, 1]}
              - {count: 1, kind: cpu}
            cpu-fallback: false
            cuda: {gpu_mem_limit: 2147483648, cudnn_conv_algo_search: DEFAULT}
            tensorrt: {trt_fp16_enable: true}
            response-cache: 64MB
            weight: 2.5
            latency-goal: 20ms
            preserve-ordering: true
            priority-levels: 3
            default-priority: 2
            priority-ageing: 50ms
            queue-policy: {default-timeout: 2s}
            queue-policies:
              3: {max-queue-rows: 50, default-timeout: 1s, timeout-action: delay, allow-timeout-override: false}
            consistency-tolerance: 1e-5
            padding: {input_ids: 0, attention_mask: -1.5}
            padded-outputs: [token_embeddings]
            """);
    assertThat(settings.scheduling().maxBatchRows()).isEqualTo(32);
    assertThat(settings.scheduling().preferredBatchRows()).containsExactly(8, 16);
    assertThat(settings.scheduling().maxQueueDelay()).isEqualTo(Duration.ofNanos(500_000));
    assertThat(settings.scheduling().maxQueueRows()).isEqualTo(100);
    assertThat(settings.scheduling().latencyGoal()).isEqualTo(Duration.ofMillis(20));
    assertThat(settings.scheduling().order()).isEqualTo(SchedulerSettings.Order.SUBMITTED);
    assertThat(settings.scheduling().queue())
        .isEqualTo(
            new QueueSettings(
                100,
                3,
                2,
                Duration.ofMillis(50),
                new QueuePolicy(0, Duration.ofSeconds(2), Action.REJECT, TimeoutOverride.ALLOWED),
                Map.of(
                    3,
                    new QueuePolicy(
                        50, Duration.ofSeconds(1), Action.DELAY, TimeoutOverride.IGNORED))));
    assertThat(settings.scheduling().padding())
        .isEqualTo(
            new PaddingSettings(
                Map.of("input_ids", 0.0, "attention_mask", -1.5), List.of("token_embeddings")));
    assertThat(settings.placement().groups())
        .containsExactly(
            new InstanceGroup(2, InstanceGroup.Kind.GPU, List.of(0, 1)),
            new InstanceGroup(1, InstanceGroup.Kind.CPU, List.of()));
    assertThat(settings.placement().fallback()).isEqualTo(PlacementSettings.Fallback.FORBIDDEN);
    assertThat(settings.runtime().cuda())
        .isEqualTo(Map.of("gpu_mem_limit", "2147483648", "cudnn_conv_algo_search", "DEFAULT"));
    assertThat(settings.runtime().tensorrt()).isEqualTo(Map.of("trt_fp16_enable", "true"));
    assertThat(settings.cacheBytes()).isEqualTo(64 << 20);
    assertThat(settings.weight()).isEqualTo(2.5);
    assertThat(settings.consistencyTolerance()).isEqualTo(1e-5);
  }

  @Test
  void letsTheOperatorOverruleTheModelKeyByKey() throws IOException {
    var operators =
        Files.writeString(
            folder.resolve("operators.yaml"),
            "models:\n  digits:\n    weight: 3\n  other:\n    weight: 9\n");
    var settings = read(operators, "weight: 2\nmax-batch-rows: 7\n", "max-batch-rows: 8\n");
    assertThat(settings.weight()).isEqualTo(3);
    assertThat(settings.scheduling().maxBatchRows()).isEqualTo(8);
  }

  @Test
  void leavesItToTheOperatorWhereTheEnginesOfTensorRtLie() throws IOException {
    var cached = "{trt_engine_cache_enable: true, trt_engine_cache_path: /engines}";
    assertThatThrownBy(() -> read(null, "tensorrt: " + cached))
        .hasMessageContaining("which is the operator's: set it in the file that MILLRACE_MODEL_S");
    var operators =
        Files.writeString(
            folder.resolve("operators.yaml"), "models: {digits: {tensorrt: " + cached + "}}");
    assertThat(read(operators, "tensorrt: {trt_fp16_enable: true}").runtime().tensorrt())
        .isEqualTo(Map.of("trt_engine_cache_enable", "true", "trt_engine_cache_path", "/engines"));
  }

  @Test
  void readsTheOperatorsFileAtEachLoad() throws IOException {
    var operators = Files.writeString(folder.resolve("operators.yaml"), "");
    var files = new SettingsFiles(ModelSettings.defaults(), operators);
    assertThat(files.of("digits", servable()).weight()).isEqualTo(1);
    Files.writeString(operators, "models: {digits: {weight: 4}}");
    assertThat(files.of("digits", servable()).weight()).isEqualTo(4);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "weigth: 2                  | millrace.yaml has the key 'weigth'; known are",
        "weight: heavy              | millrace.yaml: weight is 'heavy'; it must be a number",
        "weight: .inf               | millrace.yaml: weight is 'Infinity'; it must be a number",
        "weight: 0                  | weight is 0.0; it must be 0.01 to 1000",
        "max-queue-delay: 3000000h  | max-queue-delay is '3000000h'; it must be a time such as",
        "response-cache: 9999999999GB | response-cache is '9999999999GB'; it must be a size such as",
        "response-cache: 100000GB   | half of the heap. Give less, or the JVM more with -Xmx.",
        "instances: [{count: 300}]  | instances.count is 300; it must be 1 to 256",
        "max-batch-rows: 2.5        | millrace.yaml: max-batch-rows is '2.5'; it must be a whole",
        "queue-policies: {9: {}}    | queue-policies is 9; it must be priorities 1 to 2",
        "queue-policies: {a: {}}    | queue-policies has the key 'a'; it must be a priority",
        "padding: {ids: much}       | millrace.yaml: padding: ids is 'much'; it must be a number",
        "padded-outputs: y          | padded-outputs is 'y'; it must be a list of at most",
        "latency-goal: fast         | latency-goal is 'fast'; it must be a time such as",
        "max-queue-delay: 5         | it must be a time such as 500us, 20ms, 2s or 5m",
        "response-cache: 5 apples   | it must be a size such as 512KB, 64MB or 1GB",
        "preferred-batch-rows: 8    | preferred-batch-rows is '8'; it must be a list",
        "preferred-batch-rows: [99] | preferred-batch-rows is [99]; it must be sizes from 1 to max",
        "instances: []              | instances is empty; give at least one group",
        "instances: [{cont: 1}]     | millrace.yaml: instances has the key 'cont'; known are [count",
        "instances: [{kind: tpu}]   | kind is 'tpu'; it must be one of [auto, cpu, gpu, each_gpu]",
        "cuda: fast                 | millrace.yaml: cuda is 'fast'; it must be keys with values",
        "cuda: {device_id: 1}       | cuda has the option 'device_id'; those that may be set are",
        "cuda: {use_tf32: [1]}      | cuda: use_tf32 is '[1]'; it must be text, a number, true or",
        "cpu-fallback: maybe        | cpu-fallback is 'maybe'; it must be true or false",
        "just text                  | millrace.yaml is 'just text'; it must be keys with values",
        "weight: 1\\nweight: 2       | millrace.yaml is not YAML: ",
        "weight: !!java.net.URL [x] | millrace.yaml is not YAML: ",
        "a: [b                      | millrace.yaml is not YAML: "
      })
  void saysWhatIsWrongWithAFile(String content, String expected) {
    assertThatThrownBy(() -> read(null, content.replace("\\n", "\n")))
        .hasMessageContaining(expected);
  }

  @Test
  void saysThatTheOperatorsFileIsMissing() {
    assertThatThrownBy(() -> read(folder.resolve("missing.yaml")))
        .isInstanceOf(IOException.class)
        .hasMessageMatching(
            "There is no file of settings '.*missing.yaml'. Create it, or unset .*");
  }

  @Test
  void refusesAFileThatNoPersonWrote() {
    assertThatThrownBy(() -> read(null, "# " + "x".repeat(70_000)))
        .hasMessageContaining("a file of settings has at most 65536");
  }

  private ModelSettings read(@Nullable Path operators, String... contents) throws IOException {
    var paths = new Path[contents.length];
    for (int i = 0; i < contents.length; i++) {
      paths[i] = Files.createDirectories(folder.resolve("model" + i)).resolve("millrace.yaml");
      Files.writeString(paths[i], contents[i]);
    }
    return new SettingsFiles(ModelSettings.defaults(), operators).of("digits", servable(paths));
  }

  private static ServablePackage servable(Path... settingsFiles) {
    return new ServablePackage(
        Path.of("model.onnx"), List.of(), null, GoldenExamples.NONE, List.of(settingsFiles));
  }
}
