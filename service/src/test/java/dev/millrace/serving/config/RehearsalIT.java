package dev.millrace.serving.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.lifecycle.RehearsalModel;
import dev.millrace.serving.time.NanoClock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class RehearsalIT {
  private final Path folder;

  RehearsalIT(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void leavesNoTraceInListsAndMetrics() throws IOException {
    var models = folder.resolve("models");
    FixtureRepository.addPairs(models);
    try (var service =
        RunningService.serving(models, folder.resolve("home"), "--serving.rehearsal=300ms")) {
      var metrics = new String(service.get(service.management("/metrics")).body(), UTF_8);
      assertThat(metrics)
          .contains("nv_inference_request_success{model=\"pairs\",version=\"1\"} 0.0")
          .doesNotContain("rehearsal");
      assertThat(service.catalog().versions()).extracting("model").containsExactly("pairs");
    }
  }

  @Test
  void asksByEachProtocolAndStopsAnsweringAfterwards() throws IOException {
    var models = folder.resolve("models");
    FixtureRepository.addPairs(models);
    try (var service = RunningService.serving(models, folder.resolve("home"))) {
      String name;
      try (var model = new RehearsalModel(service.catalog(), NanoClock.SYSTEM)) {
        name = model.name();
        assertAnswers(service, name);
      }
      assertThat(service.post("/v2/models/" + name + "/infer", body()).statusCode()).isEqualTo(404);
    }
  }

  private static void assertAnswers(RunningService service, String name) throws IOException {
    int port = service.http("/").getPort();
    try (var json = RehearsalHttp.json("127.0.0.1", port, name);
        var binary = RehearsalHttp.binary("127.0.0.1", port, name);
        var grpc = new RehearsalGrpc("127.0.0.1", service.grpcPort(), name)) {
      for (var call : List.of(json, binary, grpc)) {
        call.ask();
        assertThat(IntStream.range(0, 200).anyMatch(_ -> isRefused(call))).isTrue();
        call.ask();
      }
    }
    assertThat(service.post("/v2/models/" + name + "/infer", body()).statusCode()).isEqualTo(200);
  }

  private static boolean isRefused(Rehearsal.Call call) {
    try {
      return call.hurry();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static BodyPublisher body() {
    var numbers = String.join(",", Collections.nCopies(RehearsalModel.VALUES, "0"));
    return BodyPublishers.ofString(
        "{\"inputs\":[{\"name\":\"image\",\"shape\":[1,784],\"datatype\":\"FP32\",\"data\":[%s]}]}"
            .formatted(numbers));
  }
}
