package dev.millrace.serving.config;

import static dev.millrace.serving.config.RunningService.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Message;
import dev.millrace.protocol.oip.ModelStatistics;
import dev.millrace.protocol.oip.ModelStatisticsRequest;
import dev.millrace.serving.conformance.Conforms;
import dev.millrace.serving.conformance.Protocol;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Triton's statistics extension of a running service. */
@Timeout(60)
class StatisticsIT {
  @TempDir private static Path temporary;
  private static RunningService service;

  @BeforeAll
  static void start() throws IOException {
    var models = temporary.resolve("models");
    FixtureRepository.addPairs(models);
    FixtureRepository.addPictures(models);
    service = RunningService.serving(models, temporary.resolve("home"));
  }

  @AfterAll
  static void stop() {
    service.close();
  }

  @Test
  @Conforms(to = Protocol.TRITON, with = "statistics, equal to the metrics")
  void countsRequestsAndRunsAsTheMetricsDo() {
    var before = statistics("pairs");
    assertThat(infer("pairs", pairs(3)).statusCode()).isEqualTo(200);
    assertThat(infer("pairs", pairs(3)).statusCode()).isEqualTo(200);
    assertThat(infer("pairs", pairs(1)).statusCode()).isEqualTo(200);
    assertThat(infer("pairs", "{").statusCode()).isEqualTo(400);
    var after = statistics("pairs");
    assertThat(grown(before, after, "/inference_count")).isEqualTo(7);
    assertThat(grown(before, after, "/execution_count")).isEqualTo(3);
    for (var phase :
        List.of("success", "queue", "compute_input", "compute_infer", "compute_output")) {
      assertThat(grown(before, after, "/inference_stats/" + phase + "/count")).isEqualTo(3);
      assertThat(grown(before, after, "/inference_stats/" + phase + "/ns")).isPositive();
    }
    assertThat(grown(before, after, "/inference_stats/fail/count")).isEqualTo(1);
    assertThat(runs(after, 3) - runs(before, 3)).isEqualTo(2);
    assertThat(runs(after, 1) - runs(before, 1)).isEqualTo(1);
    assertThat(after.path("last_inference").asLong())
        .isBetween(System.currentTimeMillis() - 60_000, System.currentTimeMillis());
    assertThat(after.path("response_stats").isObject()).isTrue();
    assertThat(after.path("memory_usage").get(0).path("type").asString()).isEqualTo("CPU");
    assertThat(after.path("memory_usage").get(0).path("id").asInt()).isZero();
    assertThat(after.path("memory_usage").get(0).path("byte_size").asLong()).isPositive();
    assertAgreesWithMetrics(after);
  }

  private static void assertAgreesWithMetrics(JsonNode statistics) {
    assertThat(service.metric("nv_inference_count", "model=\"pairs\""))
        .isEqualTo(statistics.path("inference_count").asDouble());
    assertThat(service.metric("nv_inference_exec_count", "model=\"pairs\""))
        .isEqualTo(statistics.path("execution_count").asDouble());
    assertThat(service.metric("nv_inference_request_success", "model=\"pairs\""))
        .isEqualTo(statistics.at("/inference_stats/success/count").asDouble());
    assertThat(service.metric("nv_inference_request_failure", "model=\"pairs\""))
        .isEqualTo(statistics.at("/inference_stats/fail/count").asDouble());
    assertThat(service.metric("nv_inference_queue_duration_us", "model=\"pairs\""))
        .isEqualTo(Math.floor(statistics.at("/inference_stats/queue/ns").asDouble() / 1_000));
    assertThat(service.metric("nv_inference_compute_infer_duration_us", "model=\"pairs\""))
        .isEqualTo(
            Math.floor(statistics.at("/inference_stats/compute_infer/ns").asDouble() / 1_000));
  }

  @Test
  @Conforms(to = Protocol.TRITON, with = "statistics, REST and gRPC alike")
  void tellsTheSameStatisticsOnBothProtocols() {
    infer("pairs", pairs(2));
    var rest = statistics("pairs");
    var request = ModelStatisticsRequest.newBuilder().setName("pairs");
    var ofModel = service.grpc().modelStatistics(request.build());
    assertThat(ofModel.getModelStatsList()).hasSize(1);
    assertSame(ofModel.getModelStats(0), rest);
    assertThat(service.grpc().modelStatistics(request.setVersion("1").build())).isEqualTo(ofModel);
    assertThat(json(get("/v2/models/pairs/versions/1/stats")).path("model_stats").get(0))
        .isEqualTo(rest);
    assertThat(
            service
                .grpc()
                .modelStatistics(ModelStatisticsRequest.getDefaultInstance())
                .getModelStatsList())
        .extracting(ModelStatistics::getName)
        .containsExactly("pairs", "pictures");
    assertThat(json(get("/v2/models/stats")).path("model_stats"))
        .extracting(model -> model.path("name").asString())
        .containsExactly("pairs", "pictures");
  }

  /** The names in JSON are those of the fields, and all are there. */
  private static void assertSame(Message message, JsonNode json) {
    for (var field : message.getDescriptorForType().getFields()) {
      var value = message.getField(field);
      var printed = json.path(field.getName());
      if (value instanceof List<?> several) {
        assertThat(printed).as(field.getName()).hasSize(several.size());
        for (int i = 0; i < several.size(); i++) {
          assertSame((Message) several.get(i), printed.get(i));
        }
      } else if (value instanceof Message part) {
        assertSame(part, printed);
      } else {
        assertThat(printed.asString()).as(field.getName()).isEqualTo(value.toString());
      }
    }
  }

  @Test
  void hasNoStatisticsOfWhatItDoesNotServe() {
    assertError(
        get("/v2/models/nobody/stats"),
        400,
        "requested model 'nobody' is not available. The repository index lists what is served.");
    assertError(
        get("/v2/models/pairs/versions/7/stats"),
        400,
        "requested model version is not available for model 'pairs'; available are [1].");
    assertError(
        post("/v2/models/pairs/stats", ""), 405, "Method Not Allowed: POST; this path takes GET");
    var nobody = ModelStatisticsRequest.newBuilder().setName("nobody").build();
    assertThatThrownBy(() -> service.grpc().modelStatistics(nobody))
        .hasMessageStartingWith("INVALID_ARGUMENT: requested model 'nobody' is not available");
  }

  private static JsonNode statistics(String model) {
    var all = json(get("/v2/models/" + model + "/stats")).path("model_stats");
    assertThat(all).hasSize(1);
    return all.get(0);
  }

  private static long grown(JsonNode before, JsonNode after, String pointer) {
    assertThat(after.at(pointer).isIntegralNumber()).as(pointer).isTrue();
    return after.at(pointer).asLong() - before.at(pointer).asLong();
  }

  private static long runs(JsonNode statistics, int rows) {
    for (var size : statistics.path("batch_stats")) {
      if (size.path("batch_size").asInt() == rows) {
        assertThat(size.at("/compute_infer/ns").asLong()).isPositive();
        return size.at("/compute_input/count").asLong();
      }
    }
    return 0;
  }

  private static String pairs(int rows) {
    return "{\"inputs\":[{\"name\":\"x\",\"shape\":[%d,4],\"datatype\":\"FP32\",\"data\":[%s]}]}"
        .formatted(rows, "1,".repeat(4 * rows - 1) + "1");
  }

  private static HttpResponse<byte[]> get(String path) {
    return service.get(service.http(path));
  }

  private static HttpResponse<byte[]> post(String path, String body) {
    return service.post(path, BodyPublishers.ofString(body));
  }

  private static HttpResponse<byte[]> infer(String model, String body) {
    return post("/v2/models/" + model + "/infer", body);
  }

  private static void assertError(HttpResponse<byte[]> answer, int status, String text) {
    assertThat(json(answer).path("error").asString()).isEqualTo(text);
    assertThat(answer.statusCode()).isEqualTo(status);
  }
}
