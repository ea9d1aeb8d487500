package dev.millrace.serving.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.millrace.serving.device.Device;
import dev.millrace.serving.device.DeviceKind;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RuntimeSettingsTest {
  private static final Device FOUR_CORES = new Device(DeviceKind.CPU, 0, "", 4);

  @Test
  void keepsItsOwnCopyOfTheOptions() {
    var cuda = new HashMap<>(Map.of("use_tf32", "0"));
    var settings = new RuntimeSettings(2, 2, cuda, Map.of());
    cuda.put("prefer_nhwc", "1");
    assertThat(settings.cuda()).containsExactly(Map.entry("use_tf32", "0"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "device_id",
        "user_compute_stream",
        "gpu_external_alloc",
        "enable_cuda_graph",
        "trt_fp16_enable"
      })
  void refusesWhatMustNotBeSetForCuda(String name) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new RuntimeSettings(0, 0, Map.of(name, "1"), Map.of()))
        .withMessageStartingWith("cuda has the option '%s'; those that may be set are [", name)
        .withMessageContaining("gpu_mem_limit");
  }

  @ParameterizedTest
  @ValueSource(strings = {"trt_extra_plugin_lib_paths", "trt_cuda_graph_enable", "device_id"})
  void refusesWhatMustNotBeSetForTensorRt(String name) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new RuntimeSettings(0, 0, Map.of(), Map.of(name, "1")))
        .withMessageStartingWith("tensorrt has the option '%s'; those that may be set are [", name);
  }

  @Test
  void refusesAValueThatIsNoText() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new RuntimeSettings(0, 0, Map.of("use_tf32", "\n"), Map.of()))
        .withMessage("cuda: use_tf32 is '\n'; it must be 1 to 1024 printable characters");
  }

  @ParameterizedTest
  @CsvSource({"0,0,4,4", "1,0,1,4", "0,1,4,1", "2,2,2,2", "3,64,3,4", "64,0,4,4"})
  void meansCoresByNoughtAndNoMoreThanTheDeviceHas(int own, int shared, int runs, int pool) {
    var settings = new RuntimeSettings(shared, own, Map.of(), Map.of());
    assertThat(settings.intraOpThreads(FOUR_CORES)).isEqualTo(runs);
    assertThat(settings.sharedThreads(FOUR_CORES)).isEqualTo(pool);
    assertThat(settings.hasOwnThreads(FOUR_CORES)).isEqualTo(runs != pool);
  }

  @Test
  void refusesANegativeNumberOfThreads() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RuntimeSettings.threads(-1))
        .withMessage(
            "MILLRACE_INTRA_OP_THREADS is -1; give a number of threads, or 0 for one per core");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new RuntimeSettings(0, -1, Map.of(), Map.of()))
        .withMessage("intra-op-threads is -1; give a number of threads, or 0 for one per core");
  }
}
