package dev.millrace.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.protocol.mlflow.Metric;
import dev.millrace.protocol.mlflow.MlflowClient;
import dev.millrace.protocol.mlflow.RunStatus;
import dev.millrace.store.database.TestDatabase;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The store as a process of its own: how it starts, stops and dies. */
class ProcessIT {
  private static final int LIMIT_SECONDS = 60;

  @TempDir private Path home;

  @Test
  void whatWasAcknowledgedSurvivesAKill() throws Exception {
    var process = start();
    var client = client(process);
    var run = client.createRun(client.experimentId("digits"), "training", List.of());
    Files.writeString(home.resolve("model.onnx"), "weights");
    var folder = Files.createDirectories(home.resolve("package"));
    Files.writeString(folder.resolve("model.onnx"), "weights");
    client.uploadArtifacts(run, "model", folder);
    client.ensureRegisteredModel("digits");
    var version =
        client.createModelVersion("digits", run.artifactUri() + "/model", run.runId(), List.of());
    client.setAlias("digits", "champion", version.version());
    client.finishRun(run.runId(), RunStatus.FINISHED);
    for (int step = 0; step < 50; step++) {
      client.logBatch(
          run.runId(), List.of(new Metric("loss", step, step, step)), List.of(), List.of());
    }
    process.kill();

    var restarted = start();
    var after = client(restarted);
    assertThat(after.run(run.runId()).data().metric("loss"))
        .contains(new Metric("loss", 49, 49, 49));
    assertThat(after.run(run.runId()).info().status()).isEqualTo(RunStatus.FINISHED);
    assertThat(after.versionByAlias("digits", "champion"))
        .get()
        .extracting("version")
        .isEqualTo("1");
    after.downloadArtifacts(after.downloadUri("digits", "1"), home.resolve("copy"));
    assertThat(home.resolve("copy/model.onnx")).hasContent("weights");
    restarted.kill();
  }

  @Test
  void aWebhookDeliveryUnderWaySurvivesAKill() throws Exception {
    try (var receiver = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      var process = start();
      var uri = process.uri();
      post(
          uri,
          "webhooks",
          "{\"name\":\"hook\",\"url\":\"http://127.0.0.1:%s/\",\"events\":[{\"entity\":\"REGISTERED_MODEL\",\"action\":\"CREATED\"}]}"
              .formatted(receiver.getLocalPort()));
      post(uri, "registered-models/create", "{\"name\":\"digits\"}");
      String delivery;
      try (var unanswered = receiver.accept()) {
        delivery = deliveryId(unanswered);
        process.kill();
      }
      var restarted = start();
      receiver.setSoTimeout((int) TimeUnit.SECONDS.toMillis(LIMIT_SECONDS));
      try (var again = receiver.accept()) {
        assertThat(deliveryId(again)).isEqualTo(delivery);
      }
      restarted.kill();
    }
  }

  private static void post(URI store, String path, String body) throws Exception {
    var request =
        HttpRequest.newBuilder(store.resolve("/api/2.0/mlflow/" + path))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    try (var http = HttpClient.newHttpClient()) {
      var answer = http.send(request, HttpResponse.BodyHandlers.ofString());
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }
  }

  private static String deliveryId(Socket request) throws IOException {
    var lines =
        new BufferedReader(
            new InputStreamReader(request.getInputStream(), StandardCharsets.ISO_8859_1));
    for (var line = lines.readLine(); line != null; line = lines.readLine()) {
      if (line.startsWith("X-MLflow-Delivery-Id: ")) {
        return line;
      }
    }
    throw new AssertionError("The request has no delivery id");
  }

  @Test
  void sigtermEndsItWithoutAFailure() throws Exception {
    var process = start();
    client(process).experimentId("before the end");
    assertThat(process.stop()).isZero();
  }

  @Test
  void aPortInUseIsOneSentence() throws Exception {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var port = String.valueOf(taken.getLocalPort());
      var process = command(Map.of("MILLRACE_STORE_PORT", port)).start();
      assertThat(output(process))
          .isEqualTo(
              "model-store: Port %s (MILLRACE_STORE_PORT) is in use. Stop what listens there, or set another port.\n"
                  .formatted(taken.getLocalPort()));
      assertThat(process.waitFor()).isEqualTo(1);
    }
  }

  @Test
  void beyondLoopbackItAsksForAToken() throws Exception {
    var process = command(Map.of("MILLRACE_STORE_ADDRESS", "0.0.0.0")).start();
    assertThat(output(process))
        .startsWith("model-store: MILLRACE_STORE_ADDRESS is '0.0.0.0', which others can reach")
        .endsWith("Set a token, or use 127.0.0.1.\n");
    assertThat(process.waitFor()).isEqualTo(1);
    var guarded =
        StoreProcess.start(
            command(Map.of("MILLRACE_STORE_ADDRESS", "0.0.0.0", "MILLRACE_STORE_TOKEN", "secret")));
    assertThat(guarded.uri().getPort()).isPositive();
    guarded.kill();
  }

  @Test
  void aPortThatIsNoneIsOneSentence() throws Exception {
    var process = command(Map.of("MILLRACE_STORE_PORT", "abc")).start();
    assertThat(output(process)).startsWith("model-store: ").contains("abc").hasLineCount(1);
    assertThat(process.waitFor()).isEqualTo(1);
  }

  private StoreProcess start() throws IOException {
    return StoreProcess.start(command(Map.of()));
  }

  private ProcessBuilder command(Map<String, String> settings) {
    var command = StoreProcess.command(home.resolve("state"), "-Xmx256m");
    command.environment().put("MILLRACE_STORE_DATABASE", TestDatabase.address(home));
    command.environment().put("MLFLOW_WEBHOOK_ALLOWED_SCHEMES", "http");
    command.environment().put("MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS", "true");
    command.environment().putAll(settings);
    return command;
  }

  private static MlflowClient client(StoreProcess process) {
    return new MlflowClient(process.uri(), null);
  }

  private static String output(Process process) throws IOException {
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }
}
