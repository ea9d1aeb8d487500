package dev.millrace.serving.runtime.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtProvider;
import dev.millrace.serving.device.Device;
import dev.millrace.serving.device.DeviceKind;
import dev.millrace.serving.fixture.FixtureModels;
import dev.millrace.serving.runtime.ModelLoadException;
import dev.millrace.serving.runtime.RuntimeSettings;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With the build for processors; what a GPU would say nobody asks here. */
class GpuProvidersTest {
  private static final Device GPU = new Device(DeviceKind.GPU, 2, "GPU-2", 1);
  private static final RuntimeSettings OPTIONS =
      new RuntimeSettings(
          0, 0, Map.of("gpu_mem_limit", "1073741824"), Map.of("trt_fp16_enable", "true"));

  @TempDir Path folder;

  @Test
  void saysHowToGetABuildWithCuda() {
    assumeThat(OrtEnvironment.getAvailableProviders()).doesNotContain(OrtProvider.CUDA);
    assertThatExceptionOfType(ModelLoadException.class)
        .isThrownBy(() -> new OnnxRuntime().open(FixtureModels.identity(folder), GPU, OPTIONS))
        .withMessage(
            "This build has no CUDA, and 'model.onnx' belongs on cuda:2; build it with"
                + " './millrace build -Pgpu', use the GPU image, or set instances to kind: cpu.");
  }

  @Test
  void doesNotWantCudaForTheProcessors() {
    try (var model =
        new OnnxRuntime().open(FixtureModels.identity(folder), Device.cpu(), OPTIONS)) {
      assertThat(model.device()).isEqualTo("cpu");
    }
  }
}
