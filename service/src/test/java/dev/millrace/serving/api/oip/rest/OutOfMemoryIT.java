package dev.millrace.serving.api.oip.rest;

import static dev.millrace.serving.fake.FakeEngine.candidate;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.serving.api.edge.FastPathServer;
import dev.millrace.serving.api.edge.InferEngine;
import dev.millrace.serving.api.edge.Inflation;
import dev.millrace.serving.api.edge.RawClient;
import dev.millrace.serving.api.edge.RequestLimits;
import dev.millrace.serving.api.sharedmemory.SharedRegions;
import dev.millrace.serving.fake.FakeEngine;
import dev.millrace.serving.lifecycle.VersionState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A device without memory left, from the request to the answer: queue, worker, repair and all. */
@Timeout(60)
class OutOfMemoryIT {
  private static final int QUEUED = 8;
  private static final String TOLD =
      "{\"error\":\"Model 'm' found no memory on its device for this request. Try again later, or send fewer rows.\"}";

  private final FakeEngine engine = new FakeEngine();
  private final RequestLimits limits =
      new RequestLimits(1 << 20, Duration.ofSeconds(20), Duration.ofSeconds(20));
  private final FastPathServer server =
      new FastPathServer(
          new InferRoute(
              InferEngine.of(engine.inference(), engine.catalog()),
              limits,
              new Inflation(limits.maxBodyBytes()),
              SharedRegions.off(),
              () -> 1_000),
          limits);

  @BeforeEach
  void serve() {
    engine.rollout().serve(candidate("m", "1", "2"));
    engine.rollout().serve(candidate("other", "1", "3"));
  }

  @AfterEach
  void stop() {
    server.close();
    engine.close();
    assertThat(engine.runtime().opened()).allMatch(model -> model.closed() && model.faults() == 0);
  }

  @Test
  void failsTheRequestInTheRunAndAnswersTheNextOneFromAnotherCopy() throws Exception {
    engine.runtime().opened().getFirst().runOutOfMemory();
    var failed = post("m", 1);
    assertThat(failed.status()).isEqualTo(503);
    assertThat(failed.text()).isEqualTo(TOLD);
    assertThat(post("m", 4).text()).contains("\"data\":[8.0,8.0]");
    assertThat(engine.runtime().opened()).hasSize(3);
    assertThat(engine.runtime().opened().getFirst().closed()).isTrue();
    assertThat(engine.metered("millrace_instance_repair", "model", "m", "result", "replaced"))
        .isEqualTo(1);
    assertThat(engine.catalog().versions())
        .allMatch(status -> status.state() == VersionState.READY);
  }

  @Test
  void touchesNeitherWhatIsQueuedNorOtherModels() throws Exception {
    var copy = engine.runtime().opened().getFirst();
    var hold = copy.hold();
    copy.runOutOfMemory();
    var running =
        CompletableFuture.runAsync(
            () ->
                engine
                    .inference()
                    .inferAndWait(FakeEngine.request("m", 1, 1), FakeEngine.LIMIT)
                    .close(),
            task -> Thread.ofPlatform().start(task));
    FakeEngine.await(() -> copy.held() == 1);
    var queued = IntStream.range(0, QUEUED).mapToObj(this::posting).toList();
    FakeEngine.await(
        () -> engine.meteredOf("nv_inference_pending_request_count", "m", "1") == QUEUED);
    assertThat(post("other", 2).text()).contains("\"data\":[6.0,6.0]");
    hold.countDown();
    assertThatThrownBy(running::join).hasMessageContaining("found no memory on its device");
    for (int i = 0; i < QUEUED; i++) {
      var answer = queued.get(i).join();
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.text()).contains("\"data\":[%d.0,%d.0]".formatted(2 * i, 2 * i));
    }
    assertThat(post("other", 2).status()).isEqualTo(200);
    assertThat(engine.meteredOf("nv_inference_request_success", "m", "1")).isEqualTo(QUEUED);
  }

  private CompletableFuture<RawClient.Response> posting(int value) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return post("m", value);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        },
        task -> Thread.ofPlatform().start(task));
  }

  private RawClient.Response post(String model, int value) throws IOException {
    var body =
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,2],\"datatype\":\"FP32\",\"data\":[%d,%d]}]}"
            .formatted(value, value);
    try (var client = server.connect()) {
      return client
          .post("/v2/models/" + model + "/infer", "", body.getBytes(StandardCharsets.UTF_8))
          .read();
    }
  }
}
