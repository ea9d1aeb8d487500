package dev.millrace.serving.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import dev.millrace.protocol.oip.GRPCInferenceServiceGrpc;
import dev.millrace.protocol.oip.ModelInferRequest;
import dev.millrace.serving.api.edge.RawClient;
import dev.millrace.serving.fixture.FixtureModels;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Callers of all protocols at once, over sockets, of models that echo: small requests that share
 * runs, ones that run in pieces, large ones that are computed where they lie, and clients that go
 * in the middle. Whoever stays gets its own numbers back.
 */
@Timeout(120)
class MixedTrafficIT {
  private static final int CALLERS = 6;
  private static final int REQUESTS = 200;
  private static final int WIDE = 20_000;

  private RunningService service;

  @BeforeEach
  void serve(@TempDir Path temporary) throws IOException {
    var models = temporary.resolve("models");
    FixtureModels.identity(FixtureRepository.folder(models, "narrow"));
    Files.writeString(models.resolve("narrow/millrace.yaml"), "instances: [{count: 2}]\n");
    FixtureModels.identity(
        FixtureRepository.folder(models, "wide"), TensorProto.DataType.FLOAT, -1, WIDE);
    service = RunningService.serving(models, temporary.resolve("home"));
  }

  @AfterEach
  void stop() {
    service.close();
  }

  @Test
  void givesEachCallerItsOwnRows() throws Exception {
    int gone = 0;
    try (var threads = Executors.newFixedThreadPool(CALLERS)) {
      var callers = new ArrayList<Future<Integer>>();
      for (int i = 0; i < CALLERS; i++) {
        int seed = i;
        callers.add(threads.submit(() -> call(new SplittableRandom(seed))));
      }
      for (var caller : callers) {
        gone += caller.get(100, TimeUnit.SECONDS);
      }
    }
    assertThat(gone).isPositive();
    await().until(() -> service.metric("nv_inference_pending_request_count") == 0);
    assertThat(service.metric("nv_inference_request_success"))
        .isGreaterThanOrEqualTo(CALLERS * REQUESTS - gone);
    for (var reason : List.of("REJECTED", "BACKEND", "OTHER")) {
      assertThat(service.metric("nv_inference_request_failure", "reason=\"" + reason + "\""))
          .as(reason)
          .isZero();
    }
  }

  /** Returns how often it went before its answer came. */
  private int call(SplittableRandom random) throws Exception {
    int gone = 0;
    for (int i = 0; i < REQUESTS; i++) {
      var echo = random.nextInt(20) == 0 ? wide(random) : narrow(random);
      switch (random.nextInt(5)) {
        case 0 -> json(echo);
        case 1 -> binary(echo);
        case 2 -> grpc(echo);
        case 3 -> gone += leaveHttp(echo, random);
        default -> gone += leaveGrpc(echo, random);
      }
    }
    return gone;
  }

  /** What is sent, and must come back. */
  private record Echo(String model, int rows, int width, ByteBuffer bytes) {
    static Echo random(String model, int rows, int width, SplittableRandom random) {
      var bytes = ByteBuffer.allocate(rows * width * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      for (int i = 0; i < rows * width; i++) {
        bytes.putFloat(random.nextInt(1 << 24));
      }
      return new Echo(model, rows, width, bytes.flip());
    }

    float[] values() {
      var values = new float[rows * width];
      bytes.asFloatBuffer().get(values);
      return values;
    }

    String path() {
      return "/v2/models/" + model + "/infer";
    }

    String json() {
      return "{\"inputs\":[{\"name\":\"x\",\"shape\":[%d,%d],\"datatype\":\"FP32\",\"data\":%s}]}"
          .formatted(rows, width, Arrays.toString(values()));
    }

    String header() {
      return "{\"inputs\":[{\"name\":\"x\",\"shape\":[%d,%d],\"datatype\":\"FP32\",\"parameters\":{\"binary_data_size\":%d}}],\"parameters\":{\"binary_data_output\":true}}"
          .formatted(rows, width, bytes.remaining());
    }

    byte[] binary() {
      var header = header().getBytes(UTF_8);
      return ByteBuffer.allocate(header.length + bytes.remaining())
          .put(header)
          .put(bytes.duplicate())
          .array();
    }

    ModelInferRequest message() {
      return ModelInferRequest.newBuilder()
          .setModelName(model)
          .addInputs(
              ModelInferRequest.InferInputTensor.newBuilder()
                  .setName("x")
                  .setDatatype("FP32")
                  .addAllShape(List.of((long) rows, (long) width)))
          .addRawInputContents(ByteString.copyFrom(bytes.duplicate()))
          .build();
    }
  }

  private static Echo narrow(SplittableRandom random) {
    int rows = random.nextInt(10) == 0 ? random.nextInt(65, 300) : random.nextInt(1, 5);
    return Echo.random("narrow", rows, 4, random);
  }

  private static Echo wide(SplittableRandom random) {
    return Echo.random("wide", random.nextInt(1, 3), WIDE, random);
  }

  private void json(Echo echo) {
    var answer = service.post(echo.path(), BodyPublishers.ofString(echo.json()));
    assertThat(answer.statusCode()).isEqualTo(200);
    var data = RunningService.json(answer).path("outputs").path(0).path("data");
    var values = new float[data.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) data.get(i).asDouble();
    }
    assertThat(values).isEqualTo(echo.values());
  }

  private void binary(Echo echo) {
    var answer =
        service.post(
            echo.path(),
            BodyPublishers.ofByteArray(echo.binary()),
            "Inference-Header-Content-Length",
            String.valueOf(echo.header().length()));
    assertThat(answer.statusCode()).isEqualTo(200);
    int header =
        Integer.parseInt(
            answer.headers().firstValue("inference-header-content-length").orElseThrow());
    var body = answer.body();
    assertThat(ByteBuffer.wrap(body, header, body.length - header)).isEqualTo(echo.bytes());
  }

  private void grpc(Echo echo) {
    var answer = service.grpc().modelInfer(echo.message());
    assertThat(answer.getRawOutputContents(0).asReadOnlyByteBuffer()).isEqualTo(echo.bytes());
  }

  /** Goes in the middle of its request, or in the middle of the answer's way. */
  private int leaveHttp(Echo echo, SplittableRandom random) throws IOException {
    var body = echo.binary();
    int sent = random.nextBoolean() ? body.length : random.nextInt(body.length);
    try (var client = new RawClient(service.http("/").getPort())) {
      client
          .sendHead(
              "POST %s HTTP/1.1\nHost: x\nInference-Header-Content-Length: %d\nContent-Length: %d\n\n"
                  .formatted(echo.path(), echo.header().length(), body.length))
          .send(Arrays.copyOf(body, sent));
      if (sent == body.length && random.nextInt(3) == 0) {
        client.awaitAnswer();
      }
    }
    return 1;
  }

  private int leaveGrpc(Echo echo, SplittableRandom random) {
    var call = GRPCInferenceServiceGrpc.newFutureStub(service.channel()).modelInfer(echo.message());
    LockSupport.parkNanos(random.nextInt(500_000));
    call.cancel(true);
    return 1;
  }
}
