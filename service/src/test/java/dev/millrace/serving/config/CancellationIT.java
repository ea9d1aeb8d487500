package dev.millrace.serving.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.protocol.oip.GRPCInferenceServiceGrpc;
import dev.millrace.protocol.oip.InferTensorContents;
import dev.millrace.protocol.oip.ModelInferRequest;
import dev.millrace.protocol.oip.ServerLiveRequest;
import dev.millrace.serving.api.edge.RawClient;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Clients that go while their requests wait for a model that is busy. */
@Timeout(60)
class CancellationIT {
  private GatedService service;

  @BeforeEach
  void serve(@TempDir Path temporary) throws IOException {
    // Each request would be a run of its own.
    service = GatedService.serving(temporary, "max-batch-rows: 0");
  }

  @AfterEach
  void stop() {
    service.close();
  }

  @Test
  void spendsNoRunOnHttpClientsThatClosed() throws Exception {
    double before = service.runs("m");
    var first = service.sendHeld(1);
    try (var client = new RawClient(service.service().http("/").getPort());
        var other = new RawClient(service.service().http("/").getPort())) {
      client.post("/v2/models/m/infer", "", GatedService.body(2).getBytes(UTF_8));
      other.post("/v2/models/m/infer", "", GatedService.body(3).getBytes(UTF_8));
      service.awaitWaiting("m", 2);
    }
    var stays = service.send("m", 4);
    service.awaitWaiting("m", 3);
    letTheServerNotice();
    service.gate().release(1);
    assertThat(GatedService.value(first.get())).isEqualTo(1);
    assertThat(GatedService.value(stays.get())).isEqualTo(4);
    assertThatTwoWereCancelled(before);
  }

  @Test
  void spendsNoRunOnGrpcCallsThatWereCancelledOrLostTheirConnection() throws Exception {
    double before = service.runs("m");
    var first = service.sendHeld(1);
    var lost =
        NettyChannelBuilder.forAddress("127.0.0.1", service.service().grpcPort())
            .usePlaintext()
            .build();
    var stranded = GRPCInferenceServiceGrpc.newFutureStub(lost).modelInfer(request(2));
    var cancelled =
        GRPCInferenceServiceGrpc.newFutureStub(service.service().channel()).modelInfer(request(3));
    service.awaitWaiting("m", 2);
    assertThat(lost.shutdownNow().awaitTermination(20, TimeUnit.SECONDS)).isTrue();
    assertThat(cancelled.cancel(true)).isTrue();
    await().until(stranded::isDone);
    var stays = service.send("m", 4);
    service.awaitWaiting("m", 3);
    letTheServerNotice();
    service.gate().release(1);
    assertThat(GatedService.value(first.get())).isEqualTo(1);
    assertThat(GatedService.value(stays.get())).isEqualTo(4);
    assertThatTwoWereCancelled(before);
  }

  /** What was closed before is read before these are answered, on whichever event loop. */
  private void letTheServerNotice() {
    for (int i = 0; i < 20; i++) {
      service.service().get(service.service().http("/v2/health/live"));
      service.service().grpc().serverLive(ServerLiveRequest.getDefaultInstance());
    }
  }

  private static ModelInferRequest request(int value) {
    var contents =
        InferTensorContents.newBuilder().addAllFp32Contents(List.of((float) value, 2f, 3f, 4f));
    return ModelInferRequest.newBuilder()
        .setModelName("m")
        .addInputs(
            ModelInferRequest.InferInputTensor.newBuilder()
                .setName("x")
                .setDatatype("FP32")
                .addAllShape(List.of(1L, 4L))
                .setContents(contents))
        .build();
  }

  private void assertThatTwoWereCancelled(double runsBefore) {
    await().until(() -> service.failures("m", "CANCELED") == 2);
    assertThat(service.runs("m")).isEqualTo(runsBefore + 2);
    assertThat(service.metric("nv_inference_pending_request_count", "m")).isZero();
    assertThat(service.metric("nv_inference_request_failure", "m")).isEqualTo(2);
  }
}
