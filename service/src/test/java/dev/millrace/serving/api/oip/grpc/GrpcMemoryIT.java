package dev.millrace.serving.api.oip.grpc;

import static dev.millrace.serving.fake.FakeEngine.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import dev.millrace.protocol.oip.GRPCInferenceServiceGrpc;
import dev.millrace.protocol.oip.ModelInferRequest;
import dev.millrace.protocol.oip.ModelInferResponse;
import dev.millrace.serving.api.edge.BodyBudget;
import dev.millrace.serving.fake.FakeEngine;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Messages count against the memory for bodies, and are given back however a call ends. */
@Timeout(30)
class GrpcMemoryIT {
  private static final int BUDGET_BYTES = 100_000;
  private static final String FULL =
      "There is not enough memory for this message now: all requests under way may take 100000 bytes together. Retry later, or send fewer rows per request.";

  private final BodyBudget budget = new BodyBudget(BUDGET_BYTES);
  private ColdAndWarm served;
  private FakeEngine engine;
  private ManagedChannel channel;

  @BeforeEach
  void connect() throws IOException {
    served = new ColdAndWarm(Servers.settings(1_000_000, Duration.ofSeconds(1)), budget);
    engine = served.engine();
    channel = served.channel();
  }

  @AfterEach
  void disconnect() {
    served.close();
  }

  @Test
  void refusesAMessageThatFindsNoMemoryAndTakesItLater() throws Exception {
    var gate = engine.runtime().closeGate();
    var waiting = send(rows("cold", 8_000));
    await(() -> !isLeft(BUDGET_BYTES - 60_000));
    assertRefused(send(rows("warm", 8_000)));
    await(() -> unserved("REJECTED") == 1);
    gate.countDown();
    assertThat(waiting.get().getRawOutputContents(0).size()).isEqualTo(64_000);
    assertThat(send(rows("warm", 8_000)).get().getModelVersion()).isEqualTo("1");
    await(() -> isLeft(BUDGET_BYTES));
  }

  @Test
  void countsWhatComesOutOfASmallCompressedMessage() {
    assertRefused(send(rows("warm", 20_000), CallOptions.DEFAULT.withCompression("gzip")));
    await(() -> isLeft(BUDGET_BYTES));
  }

  @Test
  void givesTheMemoryBackOnceACancelledRequestIsNoLongerRead() {
    var gate = engine.runtime().closeGate();
    var waiting = send(rows("cold", 8_000));
    await(() -> !isLeft(BUDGET_BYTES - 60_000));
    waiting.cancel(true);
    gate.countDown();
    await(() -> isLeft(BUDGET_BYTES));
  }

  @Test
  void givesTheMemoryOfRefusedAndFailedRequestsBack() {
    var wrong = rows("warm", 4_000).toBuilder();
    wrong.getInputsBuilder(0).setDatatype("FP64");
    for (var message : List.of(rows("nobody", 4_000), wrong.build())) {
      assertThatThrownBy(() -> send(message).get()).isInstanceOf(ExecutionException.class);
    }
    await(() -> isLeft(BUDGET_BYTES));
  }

  @Test
  void countsAMessageThatIsTooLargeAndAClientThatLeaves() {
    assertThatThrownBy(() -> send(rows("warm", 200_000)).get()).hasMessageContaining("exceeds");
    await(() -> unserved("REJECTED") == 1);
    var call = streamingCall();
    call.start(new ClientCall.Listener<>() {}, new Metadata());
    call.sendMessage(rows("warm", 8_000));
    await(() -> !isLeft(BUDGET_BYTES - 60_000));
    call.cancel("the test wants it", null);
    await(() -> unserved("CANCELED") == 1);
    await(() -> isLeft(BUDGET_BYTES));
  }

  @Test
  void refusesACallWhoseClientDoesNotFinishSending() throws Exception {
    var call = streamingCall();
    var outcome = new CompletableFuture<Status>();
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onClose(Status status, Metadata trailers) {
            outcome.complete(status);
          }
        },
        new Metadata());
    call.request(1);
    call.sendMessage(rows("warm", 8_000));
    await(() -> !isLeft(BUDGET_BYTES - 60_000));
    var status = outcome.get(20, TimeUnit.SECONDS);
    assertThat(status.getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    assertThat(status.getDescription())
        .isEqualTo("The client did not finish sending within 1000 ms.");
    await(() -> isLeft(BUDGET_BYTES));
  }

  private ListenableFuture<ModelInferResponse> send(ModelInferRequest message) {
    return send(message, CallOptions.DEFAULT);
  }

  private ListenableFuture<ModelInferResponse> send(
      ModelInferRequest message, CallOptions options) {
    return ClientCalls.futureUnaryCall(
        channel.newCall(
            GRPCInferenceServiceGrpc.getModelInferMethod(),
            options.withDeadlineAfter(20, TimeUnit.SECONDS)),
        message);
  }

  /** Sends its head and each message at once. */
  private ClientCall<ModelInferRequest, ModelInferResponse> streamingCall() {
    var method =
        GRPCInferenceServiceGrpc.getModelInferMethod().toBuilder()
            .setType(MethodDescriptor.MethodType.CLIENT_STREAMING)
            .build();
    return channel.newCall(method, CallOptions.DEFAULT);
  }

  private double unserved(String reason) {
    return engine.metered(
        "nv_inference_request_failure", "model", "-", "version", "-", "reason", reason);
  }

  private boolean isLeft(long bytes) {
    boolean left = budget.take(bytes);
    if (left) {
      budget.giveBack(bytes);
    }
    return left;
  }

  private static void assertRefused(ListenableFuture<ModelInferResponse> call) {
    assertThatThrownBy(call::get)
        .cause()
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            failure -> {
              assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
              assertThat(failure.getStatus().getDescription()).isEqualTo(FULL);
            });
  }

  private static ModelInferRequest rows(String model, int rows) {
    return ModelInferRequest.newBuilder()
        .setModelName(model)
        .addInputs(Messages.input("FP32", rows, 2))
        .addRawInputContents(ByteString.copyFrom(new byte[rows * 2 * Float.BYTES]))
        .build();
  }
}
