package dev.millrace.loadtest.bench;

import dev.millrace.loadtest.traffic.Sample;
import dev.millrace.loadtest.traffic.SampleTensor;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import tools.jackson.databind.json.JsonMapper;

/** Single requests to a server: those that are checked, not those that are counted. */
final class ServiceApi implements AutoCloseable {
  private static final double TOLERANCE = 1e-4;
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final HttpClient http = HttpClient.newHttpClient();
  private final URI server;

  ServiceApi(URI server) {
    this.server = server;
  }

  /**
   * Refuses to measure a server whose answer is not the model's: wrong answers can be arbitrarily
   * fast.
   */
  void requireSameAnswer(Sample sample, List<Float> expected)
      throws IOException, InterruptedException {
    var data = JSON.readTree(infer(sample).body()).path("outputs").path(0).path("data");
    for (var index = 0; index < expected.size(); index++) {
      var found = data.path(index).asDouble(Double.NaN);
      var wanted = expected.get(index);
      // Written so that NaN, which a missing value becomes, fails too.
      if (!(Math.abs(found - wanted) <= TOLERANCE * Math.max(1, Math.abs(wanted)))) {
        throw new IllegalStateException(
            "Model '%s' answers %s at %d over REST; ONNX Runtime called directly says %s."
                .formatted(sample.model(), found, index, wanted));
      }
    }
  }

  /** One inference over REST with JSON. */
  HttpResponse<String> infer(Sample sample) throws IOException, InterruptedException {
    var inputs =
        sample.inputs().stream().map(ServiceApi::describe).collect(Collectors.joining(","));
    return post("/v2/models/" + sample.model() + "/infer", "{\"inputs\":[" + inputs + "]}");
  }

  /** Loads a model of a repository under explicit control and waits until it is available. */
  void load(String model) throws IOException, InterruptedException {
    post("/v2/repository/models/" + model + "/load", "{}");
  }

  void unload(String model) throws IOException, InterruptedException {
    post("/v2/repository/models/" + model + "/unload", "{}");
  }

  private static String describe(SampleTensor tensor) {
    return "{\"name\":\"%s\",\"datatype\":\"%s\",\"shape\":%s,\"data\":%s}"
        .formatted(tensor.name(), tensor.datatype(), tensor.shape(), tensor.json());
  }

  private HttpResponse<String> post(String path, String body)
      throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(URI.create(server + path))
            .timeout(LIMIT)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    var answer = http.send(request, HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() != 200) {
      throw new IllegalStateException(
          "%s answered %d: %s".formatted(request.uri(), answer.statusCode(), answer.body()));
    }
    return answer;
  }

  @Override
  public void close() {
    http.close();
  }
}
