package dev.millrace.serving.config;

import static dev.millrace.serving.config.RunningService.json;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.TensorProto;
import dev.millrace.serving.conformance.Conforms;
import dev.millrace.serving.conformance.Protocol;
import dev.millrace.serving.fixture.FixtureModels;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A container of several models, which are loaded and unloaded by requests. */
@Timeout(60)
class SageMakerIT {
  private static final String QUESTION = "{\"instances\":[[1,2,3]]}";

  @TempDir private Path temporary;

  @Test
  @Conforms(to = Protocol.SAGEMAKER, with = "multi-model: load, list, invoke and unload")
  void loadsInvokesAndUnloads() throws IOException {
    var models = temporary.resolve("models");
    FixtureModels.identity(
        FixtureRepository.folder(models, "a"), TensorProto.DataType.INT64, -1, 3);
    Files.createSymbolicLink(models.resolve("out"), Files.createDirectory(temporary.resolve("x")));
    try (var service =
        RunningService.serving(
            models, temporary.resolve("home"), "--serving.directory.control=explicit")) {
      assertThat(invoke(service).statusCode()).isEqualTo(404);
      assertThat(post(service, "/invocations", QUESTION).statusCode()).isEqualTo(503);
      assertThat(load(service, "a", "../x").statusCode()).isEqualTo(400);
      assertThat(load(service, "out", "out").statusCode()).isEqualTo(400);
      assertThat(load(service, "a", "nothing").statusCode()).isEqualTo(400);
      assertThat(load(service, "a\u0000", "a\u0000").statusCode()).isEqualTo(400);
      assertThat(load(service, "b", "a").statusCode()).isEqualTo(501);
      assertThat(load(service, "a", models.resolve("a").toString()).statusCode()).isEqualTo(200);
      assertThat(load(service, "a", "a").statusCode()).isEqualTo(409);
      assertThat(json(invoke(service)).toString()).isEqualTo("{\"predictions\":[[1,2,3]]}");
      assertThat(json(post(service, "/invocations", QUESTION)).has("predictions")).isTrue();
      assertThat(delete(service.http("/models/a"))).isEqualTo(200);
      assertThat(invoke(service).statusCode()).isBetween(404, 503);
      assertThat(delete(service.http("/models/a"))).isEqualTo(404);
      assertThat(json(service.get(service.http("/models"))).path("models").size()).isZero();
    }
  }

  private static HttpResponse<byte[]> invoke(RunningService service) {
    return post(service, "/models/a/invoke", QUESTION);
  }

  private static HttpResponse<byte[]> load(RunningService service, String model, String url) {
    var body =
        RunningService.JSON.createObjectNode().put("model_name", model).put("url", url).toString();
    return post(service, "/models", body);
  }

  private static HttpResponse<byte[]> post(RunningService service, String path, String body) {
    return service.post(path, BodyPublishers.ofString(body), "Content-Type", "application/json");
  }

  private static int delete(URI uri) {
    try (var http = HttpClient.newHttpClient()) {
      var request = HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(30)).DELETE().build();
      return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
