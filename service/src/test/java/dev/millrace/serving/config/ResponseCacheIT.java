package dev.millrace.serving.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
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

  private static HttpResponse<byte[]> infer(RunningService service, String values) {
    var body =
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,4],\"datatype\":\"FP32\",\"data\":[%s]}]}"
            .formatted(values);
    var answer = service.post("/v2/models/pairs/infer", BodyPublishers.ofString(body));
    assertThat(answer.statusCode()).isEqualTo(200);
    return answer;
  }

  private static String timing(HttpResponse<byte[]> answer) {
    return answer.headers().firstValue("server-timing").orElse("");
  }
}
