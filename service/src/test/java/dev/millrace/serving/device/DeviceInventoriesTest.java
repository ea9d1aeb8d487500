package dev.millrace.serving.device;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.telemetry.DeviceMeters;
import dev.millrace.serving.time.NanoClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeviceInventoriesTest {
  private static final String NO_PROGRAM = "no-such-program";
  private static final long MIB = 1 << 20;

  private final NvmlStub stub;

  DeviceInventoriesTest(@TempDir Path folder) throws IOException, InterruptedException {

    stub = NvmlStub.compiledInto(folder);
    stub.say("");
  }

  @Test
  void hasTheProcessorsOnlyWhereNobodyKnowsOfGpus() {
    var inventory = DeviceInventories.detect("no-such-library", NO_PROGRAM);
    assertThat(inventory.devices()).containsExactly(Device.cpu());
    assertThat(inventory.health(Device.cpu())).isEqualTo(new DeviceHealth.Healthy());
    assertThat(inventory.memory(Device.cpu()).totalBytes()).isGreaterThan(MIB);
  }

  @Test
  void numbersGpusAsCudaDoes() {
    var inventory = inventory("MIG-44444444-dddd");
    var gpu = inventory.devices().get(1);
    assertThat(gpu.name()).isEqualTo("cuda:0");
    assertThat(gpu.uuid()).isEqualTo("MIG-44444444-dddd");
    assertThat(inventory.memory(gpu)).isEqualTo(new DeviceMemory(19_968 * MIB, 1_024 * MIB));
    assertThat(inventory.state(gpu).product()).isEqualTo("NVIDIA Stub 80GB MIG 2g.20gb");
  }

  @Test
  void saysWhyAGpuIsNotToBeTrusted() throws IOException {
    var inventory = inventory("0");
    var gpu = inventory.devices().get(1);
    stub.say("errors 2\n");
    assertThat(inventory.health(gpu))
        .isEqualTo(
            new DeviceHealth.Failed(
                "GPU GPU-11111111-aaaa has 2 memory errors that could not be corrected. Reset it, or replace it."));
    stub.say("lost 0\n");
    assertThat(inventory.health(gpu))
        .isEqualTo(
            new DeviceHealth.Failed(
                "GPU GPU-11111111-aaaa is lost: it fell off the bus, or is not powered"));
    assertThat(inventory.memory(gpu).freeBytes()).isZero();
    assertThat(inventory.devices()).contains(gpu);
  }

  @Test
  void measuresUnderTheNamesOfTriton() throws IOException {
    var registry = new SimpleMeterRegistry();
    stub.say("used 512\n");
    DeviceFigures.register(inventory("0"), new DeviceMeters(registry), NanoClock.SYSTEM);
    assertThat(value(registry, "nv_gpu_memory_used_bytes")).isEqualTo(512.0 * MIB);
    assertThat(value(registry, "nv_gpu_utilization")).isEqualTo(0.37);
    assertThat(value(registry, "nv_energy_consumption")).isNaN();
    assertThat(value(registry, "nv_cpu_memory_total_bytes")).isPositive();
    assertThat(registry.get("nv_gpu_power_limit").gauge().getId().getTag("gpu_uuid"))
        .isEqualTo("GPU-11111111-aaaa");
  }

  private static double value(SimpleMeterRegistry registry, String name) {
    return registry.get(name).gauge().value();
  }

  private DeviceInventory inventory(String visible) {
    return DeviceInventories.detect(stub.path(), NO_PROGRAM, visible, Path.of("/"));
  }
}
