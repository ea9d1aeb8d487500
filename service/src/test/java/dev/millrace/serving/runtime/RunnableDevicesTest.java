package dev.millrace.serving.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtProvider;
import dev.millrace.serving.device.DeviceHealth;
import dev.millrace.serving.fake.FakeDevices;
import dev.millrace.serving.fake.GatedRuntime;
import dev.millrace.serving.runtime.onnx.OnnxRuntime;
import java.util.List;
import org.junit.jupiter.api.Test;

class RunnableDevicesTest {
  private final FakeDevices machine = new FakeDevices(1 << 30).withGpu(0, 1 << 30);

  @Test
  void countsGpusAsFailedThatNoRuntimeCanUse() {
    assumeThat(OrtEnvironment.getAvailableProviders()).doesNotContain(OrtProvider.CUDA);
    var runnable = new RunnableDevices(machine, List.of(new OnnxRuntime()));
    assertThat(runnable.devices()).isEqualTo(machine.devices());
    assertThat(runnable.health(machine.devices().getFirst())).isEqualTo(new DeviceHealth.Healthy());
    assertThat(runnable.health(machine.devices().getLast()))
        .isEqualTo(
            new DeviceHealth.Failed(
                "This build has no CUDA; build it with './millrace build -Pgpu', use the GPU"
                    + " image, or set instances to kind: cpu"));
    assertThat(runnable.state(machine.devices().getLast()).health())
        .isInstanceOf(DeviceHealth.Failed.class);
  }

  @Test
  void needsOneRuntimeThatCanUseADevice() {
    var runnable = new RunnableDevices(machine, List.of(new OnnxRuntime(), new GatedRuntime()));
    assertThat(machine.devices())
        .allMatch(device -> runnable.health(device).equals(new DeviceHealth.Healthy()));
  }
}
