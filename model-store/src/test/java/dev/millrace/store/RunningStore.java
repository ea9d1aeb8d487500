package dev.millrace.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.protocol.mlflow.MlflowJson;
import dev.millrace.store.database.TestDatabase;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;

/** A started store on a port of its own, and a client that speaks plain HTTP to it. */
public final class RunningStore implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private final ConfigurableApplicationContext context;
  private final HttpClient http = HttpClient.newHttpClient();

  private RunningStore(ConfigurableApplicationContext context) {
    this.context = context;
  }

  /** Starts a store whose files lie in this folder, on the database that belongs to it. */
  public static RunningStore in(Path home, String... more) {
    return on(TestDatabase.address(home), home, more);
  }

  /** Starts a store whose files lie in this folder, on the database at this address. */
  static RunningStore on(String database, Path home, String... more) {
    var arguments =
        Stream.concat(
            Stream.of(
                "--server.port=0",
                "--millrace.home=" + home,
                "--millrace.store-database=" + database,
                "--logging.level.dev.millrace=warn"),
            Stream.of(more));
    return new RunningStore(StoreApplication.start(arguments.toArray(String[]::new)));
  }

  /** What a request was answered. */
  public record Answer(int status, String text, HttpResponse<String> response) {
    /** The JSON of an answer that must be 200. */
    public JsonNode ok() {
      assertThat(status).as(text).isEqualTo(200);
      return MlflowJson.mapper().readTree(text);
    }

    /** Asserts a refusal. */
    public void refused(int expectedStatus, String code, String message) {
      assertThat(text).contains("\"error_code\":\"" + code + "\"");
      assertThat(MlflowJson.mapper().readTree(text).path("message").asString()).contains(message);
      assertThat(status).isEqualTo(expectedStatus);
    }
  }

  /** Where the store listens. */
  public URI uri() {
    return URI.create(
        "http://127.0.0.1:" + context.getEnvironment().getProperty("local.server.port"));
  }

  /** A part of the running store. */
  public <T> T part(Class<T> type) {
    return context.getBean(type);
  }

  /** A GET below MLflow's path. */
  public Answer get(String path) {
    return send(request("/api/2.0/mlflow/" + path).GET());
  }

  /** A POST with JSON below MLflow's path. */
  public Answer post(String path, String json) {
    return json("POST", path, json);
  }

  /** A request with JSON below MLflow's path. */
  public Answer json(String method, String path, String json) {
    return send(
        request("/api/2.0/mlflow/" + path)
            .header("Content-Type", "application/json")
            .method(method, BodyPublishers.ofString(json)));
  }

  /** A request for any path of the server. */
  public HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(uri() + path)).timeout(LIMIT);
  }

  /** Sends a request that {@link #request} began. */
  public Answer send(HttpRequest.Builder request) {
    try {
      var response = http.send(request.build(), BodyHandlers.ofString());
      return new Answer(response.statusCode(), response.body(), response);
    } catch (IOException e) {
      throw new AssertionError("No answer to " + request.build(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** The same without waiting for the answer. */
  public CompletableFuture<Answer> sendLater(HttpRequest.Builder request) {
    return http.sendAsync(request.build(), BodyHandlers.ofString())
        .thenApply(response -> new Answer(response.statusCode(), response.body(), response));
  }

  /** Ends the store, and leaves the client to what it waits for. */
  public void stop() {
    context.close();
  }

  /** A part of the store itself. */
  public <T> T bean(Class<T> type) {
    return context.getBean(type);
  }

  /** Waits until this holds. */
  public static void await(BooleanSupplier condition) {
    long endNanos = System.nanoTime() + LIMIT.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("within " + LIMIT).isLessThan(endNanos);
      LockSupport.parkNanos(1_000_000);
    }
  }

  /** A new experiment. */
  public String experiment(String name) {
    return text(post("experiments/create", "{\"name\":\"" + name + "\"}").ok(), "/experiment_id");
  }

  /** A new run. */
  public String run(String experimentId) {
    var body = "{\"experiment_id\":\"" + experimentId + "\",\"start_time\":1000}";
    return text(post("runs/create", body).ok(), "/run/info/run_id");
  }

  /** A text inside a JSON answer. */
  public static String text(JsonNode node, String pointer) {
    return Objects.requireNonNull(node.at(pointer).asString(), pointer);
  }

  @Override
  public void close() {
    http.close();
    context.close();
  }
}
