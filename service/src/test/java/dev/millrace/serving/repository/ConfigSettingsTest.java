package dev.millrace.serving.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.protocol.packaging.GoldenExamples;
import dev.millrace.serving.lifecycle.InstanceGroup;
import dev.millrace.serving.lifecycle.ModelSettings;
import dev.millrace.serving.lifecycle.ServablePackage;
import dev.millrace.serving.modelconfig.ConfigReader;
import dev.millrace.serving.scheduling.QueuePolicy;
import dev.millrace.serving.scheduling.SchedulerSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigSettingsTest {
  private static final String TENSORS =
      """
      input { name: "x" data_type: TYPE_FP32 dims: 4 }
      output { name: "y" data_type: TYPE_FP32 dims: 4 }
      """;

  @TempDir Path folder;

  @Test
  void leaveWhatIsNotMentioned() throws IOException {
    assertThat(over("")).isEqualTo(ModelSettings.defaults());
  }

  @Test
  void batchAsTritonDoes() throws IOException {
    assertThat(over("max_batch_size: 8").scheduling().maxBatchRows()).isEqualTo(8);
    assertThat(over("max_batch_size: 8 dynamic_batching {}" + TENSORS).scheduling().maxBatchRows())
        .isEqualTo(8);
    // Its default scheduler runs every request by itself.
    assertThat(over("max_batch_size: 8 " + TENSORS).scheduling().maxBatchRows()).isZero();
    assertThat(over(TENSORS).scheduling().maxBatchRows()).isZero();
  }

  @Test
  void queueAndOrder() throws IOException {
    var scheduling =
        over("""
                max_batch_size: 8
                dynamic_batching {
                  preferred_batch_size: [ 8, 4 ]
                  max_queue_delay_microseconds: 250
                  priority_levels: 3
                  default_priority_level: 2
                  default_queue_policy { timeout_action: DELAY default_timeout_microseconds: 1000
                                         allow_timeout_override: true max_queue_size: 5 }
                  priority_queue_policy { key: 1 value { default_timeout_microseconds: 7 } }
                }
                """)
            .scheduling();
    assertThat(scheduling.preferredBatchRows()).containsExactly(4, 8);
    assertThat(scheduling.maxQueueDelay()).isEqualTo(Duration.ofNanos(250_000));
    assertThat(scheduling.order()).isEqualTo(SchedulerSettings.Order.READY);
    var queue = scheduling.queue();
    assertThat(queue.levels()).isEqualTo(3);
    assertThat(queue.defaultLevel()).isEqualTo(2);
    assertThat(queue.defaultPolicy())
        .isEqualTo(
            new QueuePolicy(
                5,
                Duration.ofMillis(1),
                QueuePolicy.Action.DELAY,
                QueuePolicy.TimeoutOverride.ALLOWED));
    assertThat(queue.policies())
        .containsOnlyKeys(1)
        .containsValue(
            new QueuePolicy(
                0,
                Duration.ofNanos(7_000),
                QueuePolicy.Action.REJECT,
                QueuePolicy.TimeoutOverride.IGNORED));
  }

  @Test
  void preserveTheOrder() throws IOException {
    assertThat(over("dynamic_batching { preserve_ordering: true }").scheduling().order())
        .isEqualTo(SchedulerSettings.Order.SUBMITTED);
  }

  @Test
  void refuseMorePrioritiesThanThereAre() {
    assertThatThrownBy(
            () -> over("dynamic_batching { priority_levels: 1000 default_priority_level: 1 }"))
        .hasMessageContaining("priority-levels is 1000");
  }

  @Test
  void placeInstances() throws IOException {
    var groups =
        over("""
                instance_group [ { kind: KIND_GPU count: 2 gpus: [ 0, 1 ] }, { kind: KIND_CPU },
                                 { kind: KIND_MODEL }, { kind: KIND_GPU } ]
                """)
            .placement()
            .groups();
    assertThat(groups.get(0).kind()).isEqualTo(InstanceGroup.Kind.EACH_GPU);
    assertThat(groups.get(0).count()).isEqualTo(2);
    assertThat(groups.get(0).devices()).containsExactly(0, 1);
    assertThat(groups.get(1).kind()).isEqualTo(InstanceGroup.Kind.CPU);
    assertThat(groups.get(1).count()).isEqualTo(1);
    assertThat(groups.get(2).kind()).isEqualTo(InstanceGroup.Kind.AUTO);
    assertThat(groups.get(3))
        .isEqualTo(new InstanceGroup(1, InstanceGroup.Kind.EACH_GPU, List.of()));
  }

  @Test
  void cacheAndCompute() throws IOException {
    assertThat(over("response_cache { enable: true }").cacheBytes()).isPositive();
    assertThat(over("response_cache { enable: false }").cacheBytes()).isZero();
    assertThat(
            over("parameters { key: \"intra_op_thread_count\" value { string_value: \"3\" } }")
                .runtime()
                .intraOpThreads())
        .isEqualTo(3);
    assertThatThrownBy(
            () ->
                over("parameters { key: \"intra_op_thread_count\" value { string_value: \"x\" } }"))
        .hasMessageContaining("parameter 'intra_op_thread_count' is 'x'");
  }

  @Test
  void giveWayToMillracesOwnFile() throws IOException {
    Files.writeString(folder.resolve("config.pbtxt"), "max_batch_size: 8 dynamic_batching {}");
    Files.writeString(folder.resolve("millrace.yaml"), "max-batch-rows: 16");
    var files =
        new ServablePackage(
            folder.resolve("model.onnx"),
            List.of(),
            null,
            GoldenExamples.NONE,
            SettingsFiles.in(folder),
            ConfigReader.read("m", folder).orElseThrow(),
            List.of());
    var settings = new SettingsFiles(ModelSettings.defaults(), null).of("m", files);
    assertThat(settings.scheduling().maxBatchRows()).isEqualTo(16);
  }

  private ModelSettings over(String text) throws IOException {
    Files.writeString(folder.resolve("config.pbtxt"), text);
    return ConfigSettings.over(
        ModelSettings.defaults(), ConfigReader.read("m", folder).orElseThrow());
  }
}
