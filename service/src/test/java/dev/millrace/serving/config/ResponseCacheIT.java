package dev.millrace.serving.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.protocol.oip.InferParameter;
import dev.millrace.protocol.oip.InferTensorContents;
import dev.millrace.protocol.oip.ModelInferRequest;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ResponseCacheIT {
  @Test
  void answersTheSecondRequestFromTheCacheWhereTheModelSaysSo(@TempDir Path temporary)
      throws IOException {
    var models = temporary.resolve("models");
    FixtureRepository.addPairs(models);
    Files.writeString(models.resolve("pairs/millrace.yaml"), "response-cache: 1MB\n");
    try (var service = RunningService.serving(models, temporary.resolve("home"))) {
      var computed = infer(service, "1,2,3,4");
      var known = infer(service, "1,2,3,4");
      assertThat(known.body()).isEqualTo(computed.body());
      assertThat(timing(computed)).startsWith("queue;dur=");
      assertThat(timing(known)).startsWith("cache;desc=hit, encode;dur=");
      assertThat(timing(infer(service, "1,2,3,5"))).startsWith("queue;dur=");
      assertThat(new String(service.get(service.management("/metrics")).body(), UTF_8))
          .contains("nv_cache_num_hits_per_model{model=\"pairs\",version=\"1\"} 1.0")
          .contains("nv_cache_num_misses_per_model{model=\"pairs\",version=\"1\"} 2.0");
    }
  }

  @Test
  void isPassedByForARequestThatSaysSo(@TempDir Path temporary) throws IOException {
    var models = temporary.resolve("models");
    FixtureRepository.addPairs(models);
    Files.writeString(models.resolve("pairs/millrace.yaml"), "response-cache: 1MB\n");
    try (var service = RunningService.serving(models, temporary.resolve("home"))) {
      infer(service, "1,2,3,4", "cache-control", "no-store");
      assertThat(timing(infer(service, "1,2,3,4"))).startsWith("queue;dur=");
      assertThat(timing(infer(service, "1,2,3,4"))).startsWith("cache;desc=hit");
      assertThat(timing(infer(service, "1,2,3,4", "cache-control", "no-cache")))
          .startsWith("queue;dur=");
      var parameter = "{\"parameters\":{\"cache_control\":\"no-cache\"},";
      assertThat(timing(post(service, body("1,2,3,4").replaceFirst("\\{", parameter))))
          .startsWith("queue;dur=");
      overGrpc(service);
    }
  }

  private static void overGrpc(RunningService service) {
    var runs = runs(service);
    service.grpc().modelInfer(message().build());
    assertThat(runs(service)).isEqualTo(runs);
    var anew = InferParameter.newBuilder().setStringParam("no-cache").build();
    service.grpc().modelInfer(message().putParameters("cache_control", anew).build());
    assertThat(runs(service)).isEqualTo(runs + 1);
  }

  private static ModelInferRequest.Builder message() {
    var input =
        ModelInferRequest.InferInputTensor.newBuilder()
            .setName("x")
            .setDatatype("FP32")
            .addAllShape(List.of(1L, 4L))
            .setContents(
                InferTensorContents.newBuilder().addAllFp32Contents(List.of(1f, 2f, 3f, 4f)));
    return ModelInferRequest.newBuilder().setModelName("pairs").addInputs(input);
  }

  private static double runs(RunningService service) {
    return new String(service.get(service.management("/metrics")).body(), UTF_8)
        .lines()
        .filter(line -> line.startsWith("nv_inference_exec_count{model=\"pairs\""))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
        .sum();
  }

  private static HttpResponse<byte[]> infer(
      RunningService service, String values, String... headers) {
    return post(service, body(values), headers);
  }

  private static String body(String values) {
    return "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,4],\"datatype\":\"FP32\",\"data\":[%s]}]}"
        .formatted(values);
  }

  private static HttpResponse<byte[]> post(RunningService service, String body, String... headers) {
    var answer = service.post("/v2/models/pairs/infer", BodyPublishers.ofString(body), headers);
    assertThat(answer.statusCode()).isEqualTo(200);
    return answer;
  }

  private static String timing(HttpResponse<byte[]> answer) {
    return answer.headers().firstValue("server-timing").orElse("");
  }
}
