package dev.millrace.serving.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.serving.device.NvmlStub;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** A whole service that finds the GPUs of the stub library, with models that run on any device. */
@Timeout(120)
class StubGpuIT {
  private static final String FIRST_GPU = "gpu_uuid=\"GPU-11111111-aaaa\"";

  private final NvmlStub stub;
  private final GatedService gated;

  StubGpuIT(@TempDir Path temporary) throws IOException, InterruptedException {
    stub = NvmlStub.compiledInto(temporary);
    stub.say("used 2048\n");
    gated =
        new GatedService.Models(temporary)
            .add("anywhere", Duration.ZERO, "instances: [{kind: gpu, devices: [0]}]")
            .add(
                "nowhere-else",
                Duration.ZERO,
                "instances: [{kind: gpu, devices: [0]}]",
                "cpu-fallback: false")
            .serve(
                "--serving.devices.nvml=" + stub.path(), "--serving.devices.watch-interval=100ms");
  }

  @BeforeEach
  void modelsAreOnTheGpu() {
    assertThat(metadata("anywhere").path("devices").asString()).isEqualTo("cuda:0");
    assertThat(metadata("anywhere").has("fallback")).isFalse();
    assertThat(metadata("nowhere-else").path("devices").asString()).isEqualTo("cuda:0");
    assertThat(answers("anywhere")).isTrue();
  }

  private String reason(String model) {
    var index = gated.service().post("/v2/repository/index", BodyPublishers.noBody());
    for (var entry : RunningService.json(index)) {
      if (entry.path("name").asString().equals(model)) {
        return entry.path("reason").asString();
      }
    }
    throw new AssertionError("No " + model + " in the index");
  }

  @AfterEach
  void stop() {
    gated.close();
  }

  @Test
  void tellsOfGpusOnTheManagementPort() throws IOException {
    var gpu = gpu();
    assertThat(gpu.path("product").asString()).isEqualTo("NVIDIA Stub 80GB");
    assertThat(gpu.path("healthy").asBoolean()).isTrue();
    assertThat(gpu.path("memoryUsedBytes").asLong()).isEqualTo(2_048L << 20);
    assertThat(gated.service().metric("nv_gpu_utilization", FIRST_GPU)).isEqualTo(0.37);
    assertThat(gated.service().metric("nv_gpu_memory_used_bytes", FIRST_GPU))
        .isEqualTo(2_048.0 * (1 << 20));
    stub.say("errors 2\n");
    assertThat(gpu().path("healthy").asBoolean()).isFalse();
    assertThat(gpu().path("problem").asString())
        .contains("has 2 memory errors that could not be corrected");
  }

  @Test
  void movesWhatMayLeaveAGpuThatIsLostAndServesOn() throws IOException {
    stub.say("lost 0\n");
    await()
        .untilAsserted(
            () -> assertThat(metadata("anywhere").path("devices").asString()).isEqualTo("cpu"));
    assertThat(metadata("anywhere").path("fallback").asString())
        .startsWith("runs on the processors instead of a GPU");
    assertThat(gated.service().metric("millrace_placement_fallback", "model=\"anywhere\""))
        .isEqualTo(1);
    assertThat(gated.service().metric("millrace_placement_fallback", "model=\"nowhere-else\""))
        .isZero();
    assertThat(metadata("nowhere-else").path("devices").asString()).isEqualTo("cuda:0");
    assertThat(answers("anywhere")).isTrue();
    await()
        .untilAsserted(
            () ->
                assertThat(reason("nowhere-else"))
                    .contains("cuda:0 has failed: GPU GPU-11111111-aaaa is lost")
                    .contains("Running on the processors is forbidden")
                    .doesNotContain(".."));
  }

  private JsonNode gpu() {
    var service = gated.service();
    var devices = RunningService.json(service.get(service.management("/devices"))).path("devices");
    for (var device : devices) {
      if (device.path("name").asString().equals("cuda:0")) {
        return device;
      }
    }
    throw new AssertionError("No cuda:0 in " + devices);
  }

  private JsonNode metadata(String model) {
    var service = gated.service();
    return RunningService.json(service.get(service.http("/v2/models/" + model))).path("parameters");
  }

  private boolean answers(String model) {
    var answer =
        gated
            .service()
            .post("/v2/models/" + model + "/infer", BodyPublishers.ofString(GatedService.body(7)));
    return answer.statusCode() == 200 && GatedService.value(answer) == 7;
  }
}
