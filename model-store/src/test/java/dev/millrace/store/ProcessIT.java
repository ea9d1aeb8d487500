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
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The store as a process of its own: how it starts, stops and dies. */
class ProcessIT {
  private static final Pattern PORT = Pattern.compile("Store is ready: .* port=(\\d+)");
  private static final int LIMIT_SECONDS = 60;

  @TempDir private Path home;

  @Test
  void whatWasAcknowledgedSurvivesAKill() throws Exception {
    var process = start("0", "127.0.0.1", "");
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
    process.destroyForcibly().waitFor();

    var restarted = start("0", "127.0.0.1", "");
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
    restarted.destroyForcibly().waitFor();
  }

  @Test
  void aWebhookDeliveryUnderWaySurvivesAKill() throws Exception {
    try (var receiver = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      var process = start("0", "127.0.0.1", "");
      var uri = URI.create("http://127.0.0.1:" + port(process));
      post(
          uri,
          "webhooks",
          "{\"name\":\"hook\",\"url\":\"http://127.0.0.1:%s/\",\"events\":[{\"entity\":\"REGISTERED_MODEL\",\"action\":\"CREATED\"}]}"
              .formatted(receiver.getLocalPort()));
      post(uri, "registered-models/create", "{\"name\":\"digits\"}");
      String delivery;
      try (var unanswered = receiver.accept()) {
        delivery = deliveryId(unanswered);
        process.destroyForcibly().waitFor();
      }
      var restarted = start("0", "127.0.0.1", "");
      receiver.setSoTimeout((int) TimeUnit.SECONDS.toMillis(LIMIT_SECONDS));
      try (var again = receiver.accept()) {
        assertThat(deliveryId(again)).isEqualTo(delivery);
      }
      restarted.destroyForcibly().waitFor();
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
    var process = start("0", "127.0.0.1", "");
    client(process).experimentId("before the end");
    process.destroy();
    assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isZero();
  }

  @Test
  void aPortInUseIsOneSentence() throws Exception {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var process = start(String.valueOf(taken.getLocalPort()), "127.0.0.1", "");
      assertThat(output(process))
          .isEqualTo(
              "model-store: Port %s (MILLRACE_STORE_PORT) is in use. Stop what listens there, or set another port.\n"
                  .formatted(taken.getLocalPort()));
      assertThat(process.waitFor()).isEqualTo(1);
    }
  }

  @Test
  void beyondLoopbackItAsksForAToken() throws Exception {
    var process = start("0", "0.0.0.0", "");
    assertThat(output(process))
        .startsWith("model-store: MILLRACE_STORE_ADDRESS is '0.0.0.0', which others can reach")
        .endsWith("Set a token, or use 127.0.0.1.\n");
    assertThat(process.waitFor()).isEqualTo(1);
    var guarded = start("0", "0.0.0.0", "secret");
    assertThat(port(guarded)).isPositive();
    guarded.destroyForcibly().waitFor();
  }

  @Test
  void aPortThatIsNoneIsOneSentence() throws Exception {
    var process = start("abc", "127.0.0.1", "");
    assertThat(output(process)).startsWith("model-store: ").contains("abc").hasLineCount(1);
    assertThat(process.waitFor()).isEqualTo(1);
  }

  private Process start(String port, String address, String token) throws IOException {
    var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    var builder =
        new ProcessBuilder(
            java,
            "--enable-native-access=ALL-UNNAMED",
            // Quick to start on a busy machine.
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Xmx256m",
            "-cp",
            System.getProperty("java.class.path"),
            StoreApplication.class.getName());
    builder.environment().put("MILLRACE_HOME", home.resolve("state").toString());
    builder.environment().put("MILLRACE_STORE_DATABASE", TestDatabase.address(home));
    builder.environment().put("MILLRACE_STORE_PORT", port);
    builder.environment().put("MILLRACE_STORE_ADDRESS", address);
    builder.environment().put("MILLRACE_STORE_TOKEN", token);
    builder.environment().put("MLFLOW_WEBHOOK_ALLOWED_SCHEMES", "http");
    builder.environment().put("MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS", "true");
    return builder.redirectErrorStream(true).start();
  }

  private static MlflowClient client(Process process) throws IOException {
    return new MlflowClient(URI.create("http://127.0.0.1:" + port(process)), null);
  }

  private static int port(Process process) throws IOException {
    var lines = process.inputReader();
    for (var line = lines.readLine(); line != null; line = lines.readLine()) {
      var matcher = PORT.matcher(line);
      if (matcher.find()) {
        return Integer.parseInt(matcher.group(1));
      }
    }
    throw new AssertionError("The store ended before it was ready");
  }

  private static String output(Process process) throws IOException {
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }
}
