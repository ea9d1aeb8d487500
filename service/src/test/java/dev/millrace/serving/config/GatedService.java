package dev.millrace.serving.config;

import static org.awaitility.Awaitility.await;

import dev.millrace.serving.fake.Gate;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** The whole service with models whose runs a test holds. */
final class GatedService implements AutoCloseable {
  private final Gate gate;
  private final RunningService service;

  private GatedService(Gate gate, RunningService service) {
    this.gate = gate;
    this.service = service;
  }

  /** What it is to serve. */
  static final class Models {
    private final Path temporary;
    private final Gate gate;

    Models(Path temporary) {
      this.temporary = temporary;
      gate = new Gate(temporary.resolve("gate"));
    }

    /** Version 1 of a model, with a {@code millrace.yaml} of these lines. */
    Models add(String model, Duration perRun, String... settings) throws IOException {
      gate.addModel(FixtureRepository.folder(temporary.resolve("models"), model), perRun);
      Files.write(
          temporary.resolve("models").resolve(model).resolve("millrace.yaml"), List.of(settings));
      return this;
    }

    GatedService serve(String... more) {
      return new GatedService(
          gate,
          RunningService.serving(temporary.resolve("models"), temporary.resolve("home"), more));
    }
  }

  /** One model, {@code m}, whose runs take no time. */
  static GatedService serving(Path temporary, String... settings) throws IOException {
    return new Models(temporary).add("m", Duration.ZERO, settings).serve();
  }

  Gate gate() {
    return gate;
  }

  RunningService service() {
    return service;
  }

  /** Sends one row that begins with this value. */
  CompletableFuture<HttpResponse<byte[]>> send(String model, int value) {
    return service.postLater(
        "/v2/models/" + model + "/infer", BodyPublishers.ofString(body(value)));
  }

  /** In JSON. */
  static String body(int value) {
    return "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,4],\"datatype\":\"FP32\",\"data\":[%d,2,3,4]}]}"
        .formatted(value);
  }

  /** Sends a row to {@code m} whose run is held until the value is released. */
  CompletableFuture<HttpResponse<byte[]>> sendHeld(int value) throws IOException {
    gate.hold(value);
    var answer = send("m", value);
    gate.awaitHeld(1);
    return answer;
  }

  void awaitWaiting(String model, int requests) {
    await().until(() -> metric("nv_inference_pending_request_count", model) == requests);
  }

  void awaitRuns(String model, double runs) {
    await().until(() -> runs(model) == runs);
  }

  /** Waits until the model has run some more. */
  void awaitMoreRuns(String model) {
    double before = runs(model);
    await().until(() -> runs(model) > before);
  }

  double runs(String model) {
    return metric("nv_inference_exec_count", model);
  }

  double failures(String model, String reason) {
    return metric("nv_inference_request_failure", model, "reason=\"" + reason + "\"");
  }

  /** Of version 1 of a model. */
  double metric(String meter, String model, String... tags) {
    var all = List.of(tags).toArray(new String[tags.length + 1]);
    all[tags.length] = "model=\"" + model + "\"";
    return service.metric(meter, all);
  }

  /** The first value that came back, as sent. */
  static int value(HttpResponse<byte[]> answer) {
    var output = RunningService.json(answer).path("outputs").path(0);
    return output.path("data").path(0).asInt();
  }

  /** What a request waited for, as the header says. */
  static String reason(HttpResponse<byte[]> answer) {
    var header = answer.headers().firstValue("server-timing").orElse("");
    return header.replaceFirst(".*queue;dur=[0-9.]+;desc=\"", "").replaceFirst("\".*", "");
  }

  @Override
  public void close() {
    service.close();
  }
}
