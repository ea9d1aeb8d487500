package dev.millrace.serving;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.millrace.protocol.oip.GRPCInferenceServiceGrpc;
import dev.millrace.protocol.oip.ModelInferRequest;
import dev.millrace.protocol.oip.ModelInferRequest.InferInputTensor;
import dev.millrace.protocol.oip.ModelInferResponse;
import dev.millrace.protocol.oip.ServerReadyRequest;
import dev.millrace.serving.fixture.FixtureModels;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class StopIT {
  private static final int ROWS = 64;
  private static final int COLUMNS = 256;
  private static final int CALLERS = 4;

  @TempDir private Path folder;

  @Test
  void answersEveryRequestUnderWayAndExitsWithZero() throws Exception {
    try (var service = serving(Map.of("MILLRACE_DRAIN_SECONDS", "0"))) {
      var channel = service.channel();
      var answers = new ArrayList<Answer>();
      for (int i = 0; i < 20; i++) {
        answers.add(ask(channel, ROWS));
      }
      // The first answer shows that the server has taken them all off the wire, or is about to.
      answers.getFirst().get(60, TimeUnit.SECONDS);
      service.terminate();
      for (var answer : answers) {
        assertThat(answer.get(60, TimeUnit.SECONDS).getRawOutputContentsCount()).isEqualTo(1);
      }
      assertThat(service.awaitExit()).isZero();
      assertThat(service.output()).contains("Service has stopped").doesNotContain("Exception");
      channel.shutdownNow();
    }
  }

  @Test
  void answersEveryRequestUnderWayOverHttpToo() throws Exception {
    try (var service = serving(Map.of("MILLRACE_DRAIN_SECONDS", "0"));
        var client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      // The connections of the first round are open when the second is sent.
      CompletableFuture.allOf(askOverHttp(client, service)).get(60, TimeUnit.SECONDS);
      var answers = askOverHttp(client, service);
      CompletableFuture.anyOf(answers).get(60, TimeUnit.SECONDS);
      service.terminate();
      CompletableFuture.allOf(answers).get(60, TimeUnit.SECONDS);
      assertThat(service.awaitExit()).isZero();
    }
  }

  private static CompletableFuture<?>[] askOverHttp(HttpClient client, ServiceProcess service) {
    var answers = new CompletableFuture<?>[20];
    for (int i = 0; i < answers.length; i++) {
      answers[i] =
          client
              .sendAsync(httpRequest(service), HttpResponse.BodyHandlers.discarding())
              .thenAccept(answer -> assertThat(answer.statusCode()).isEqualTo(200));
    }
    return answers;
  }

  private static HttpRequest httpRequest(ServiceProcess service) {
    var head =
        """
        {"inputs":[{"name":"x","shape":[%d,%d],"datatype":"FP32","parameters":{"binary_data_size":%d}}],
         "parameters":{"binary_data_output":true}}
        """
            .formatted(ROWS, COLUMNS, ROWS * COLUMNS * Float.BYTES)
            .getBytes(StandardCharsets.UTF_8);
    var body = Arrays.copyOf(head, head.length + ROWS * COLUMNS * Float.BYTES);
    return HttpRequest.newBuilder(service.http("/v2/models/slow/infer"))
        .header("Inference-Header-Content-Length", Integer.toString(head.length))
        .POST(HttpRequest.BodyPublishers.ofByteArray(body))
        .build();
  }

  @Test
  void goesOnAnsweringUntilClientsHaveSeenThatItIsNotReady() throws Exception {
    try (var service = serving(Map.of("MILLRACE_DRAIN_SECONDS", "2"));
        var callers = Executors.newVirtualThreadPerTaskExecutor()) {
      var channel = service.channel();
      var counts = new ArrayList<Future<Integer>>();
      for (int i = 0; i < CALLERS; i++) {
        counts.add(callers.submit(() -> askWhileReady(channel)));
      }
      ask(channel, 1).get(60, TimeUnit.SECONDS);
      service.terminate();
      for (var count : counts) {
        assertThat(count.get(60, TimeUnit.SECONDS)).isPositive();
      }
      assertThat(service.awaitExit()).isZero();
      channel.shutdownNow();
    }
  }

  @Test
  void namesThePortThatIsInUse() throws Exception {
    try (var taken = new ServerSocket(0);
        var service =
            ServiceProcess.start(
                folder,
                Map.of(
                    "MILLRACE_MODELS", Files.createDirectories(folder.resolve("none")).toString(),
                    "MILLRACE_GRPC_PORT", Integer.toString(taken.getLocalPort())))) {
      assertThat(service.awaitExit()).isEqualTo(1);
      assertThat(service.output().strip())
          .endsWith(
              "service: Port %d (MILLRACE_GRPC_PORT) is in use. Stop what listens there, or set another port."
                  .formatted(taken.getLocalPort()))
          .doesNotContain("Exception");
    }
  }

  @Test
  void refusesToOpenTheManagementPortToOthersWithoutAToken() throws Exception {
    try (var service =
        ServiceProcess.start(folder, Map.of("MILLRACE_MANAGEMENT_ADDRESS", "0.0.0.0"))) {
      assertThat(service.awaitExit()).isEqualTo(1);
      assertThat(service.output().strip())
          .isEqualTo(
              "service: MILLRACE_MANAGEMENT_ADDRESS is '0.0.0.0'; it must be a loopback address such as 127.0.0.1 as long as MILLRACE_MANAGEMENT_TOKEN is not set.");
    }
  }

  @Test
  void saysThatThereIsNoSuchDirectory() throws Exception {
    var missing = folder.resolve("missing");
    try (var service =
        ServiceProcess.start(folder, Map.of("MILLRACE_MODELS", missing.toString()))) {
      assertThat(service.awaitExit()).isEqualTo(1);
      assertThat(service.output()).contains("'" + missing + "'").doesNotContain("Exception");
    }
  }

  private ServiceProcess serving(Map<String, String> more) throws IOException {
    var models = folder.resolve("models");
    FixtureModels.slow(Files.createDirectories(models.resolve("slow").resolve("1")), 20);
    var environment = new HashMap<>(more);
    environment.put("MILLRACE_MODELS", models.toString());
    var service = ServiceProcess.start(folder, environment);
    service.awaitVersion();
    return service;
  }

  /** Calls again and again until the server says that it is not ready; any failure ends it. */
  private static int askWhileReady(ManagedChannel channel) throws Exception {
    var client = GRPCInferenceServiceGrpc.newBlockingStub(channel);
    int count = 0;
    while (client.serverReady(ServerReadyRequest.getDefaultInstance()).getReady()) {
      ask(channel, 1).get(60, TimeUnit.SECONDS);
      count++;
    }
    return count;
  }

  private static Answer ask(ManagedChannel channel, int rows) {
    var answer = new Answer();
    ServiceProcess.stub(channel)
        .modelInfer(
            ModelInferRequest.newBuilder()
                .setModelName("slow")
                .addInputs(
                    InferInputTensor.newBuilder()
                        .setName("x")
                        .setDatatype("FP32")
                        .addAllShape(List.of((long) rows, (long) COLUMNS)))
                .addRawInputContents(ByteString.copyFrom(new byte[rows * COLUMNS * Float.BYTES]))
                .build(),
            answer);
    return answer;
  }

  private static final class Answer extends CompletableFuture<ModelInferResponse>
      implements StreamObserver<ModelInferResponse> {
    @Override
    public void onNext(ModelInferResponse value) {
      complete(value);
    }

    @Override
    public void onError(Throwable failure) {
      completeExceptionally(failure);
    }

    @Override
    public void onCompleted() {}
  }
}
