package dev.millrace.loadtest.system;

import static dev.millrace.loadtest.system.RestClient.JSON;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** Starts retrainings at the trainer and waits for their end. */
final class Trainings {
  private static final Set<String> ENDED = Set.of("PROMOTED", "REJECTED", "FAILED", "CANCELLED");
  private static final Duration LIMIT = Duration.ofMinutes(8);

  private final HttpClient http = HttpClient.newHttpClient();
  private final URI retrainings;

  Trainings(URI trainer) {
    retrainings = URI.create(trainer + "/api/retrainings");
  }

  /** Trains with changed settings of the recipe and returns the last report. */
  JsonNode run(Map<String, ?> overrides) {
    return awaitEnd(start(overrides));
  }

  /** Starts one and returns its id. */
  String start(Map<String, ?> overrides) {
    var body = JSON.writeValueAsString(Map.of("recipe", "digits", "overrides", overrides));
    var request =
        HttpRequest.newBuilder(retrainings)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    var answer = send(request);
    if (answer.statusCode() / 100 != 2) {
      throw new AssertionError(
          "The trainer refused %s: %d %s".formatted(body, answer.statusCode(), answer.body()));
    }
    return JSON.readTree(answer.body()).path("id").asString();
  }

  JsonNode report(String id) {
    var answer = send(HttpRequest.newBuilder(URI.create(retrainings + "/" + id)).build());
    return JSON.readTree(answer.body());
  }

  JsonNode awaitEnd(String id) {
    return Await.found("end of retraining " + id, LIMIT, () -> ended(report(id)));
  }

  private static Optional<JsonNode> ended(JsonNode report) {
    return Optional.of(report).filter(now -> ENDED.contains(now.path("state").asString()));
  }

  private HttpResponse<String> send(HttpRequest request) {
    try {
      return http.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new AssertionError("The trainer does not answer: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }
}
