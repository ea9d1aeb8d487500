package dev.millrace.loadtest.bench;

import dev.millrace.loadtest.traffic.Sample;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/** Compares one served answer with what ONNX Runtime answers here. */
final class AnswerCheck {
  private static final double TOLERANCE = 1e-5;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private AnswerCheck() {}

  static void requireSame(URI server, Sample sample, List<Float> expected)
      throws IOException, InterruptedException {
    var answer = ask(URI.create(server + "/v2/models/" + sample.model() + "/infer"), sample);
    var data = JSON.readTree(answer).path("outputs").path(0).path("data");
    for (var index = 0; index < expected.size(); index++) {
      var found = data.path(index).asDouble(Double.NaN);
      // Written so that NaN, which a missing value becomes, fails too.
      if (!(Math.abs(found - expected.get(index)) <= TOLERANCE)) {
        throw new IllegalStateException(
            "Model '%s' answers %s at %d over REST; ONNX Runtime called directly says %s."
                .formatted(sample.model(), found, index, expected.get(index)));
      }
    }
  }

  private static String ask(URI url, Sample sample) throws IOException, InterruptedException {
    var input = sample.inputs().getFirst();
    var body =
        Map.of(
            "inputs",
            List.of(
                Map.of(
                    "name", input.name(),
                    "datatype", input.datatype(),
                    "shape", input.shape(),
                    "data", input.values())));
    var request =
        HttpRequest.newBuilder(url)
            .timeout(Duration.ofSeconds(10))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(body)))
            .build();
    try (var http = HttpClient.newHttpClient()) {
      var answer = http.send(request, HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() != 200) {
        throw new IllegalStateException(
            "%s answered %d: %s".formatted(url, answer.statusCode(), answer.body()));
      }
      return answer.body();
    }
  }
}
