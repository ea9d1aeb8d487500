package dev.millrace.serving.api.oip.grpc;

import static dev.millrace.serving.fake.FakeEngine.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.millrace.protocol.oip.GRPCInferenceServiceGrpc;
import dev.millrace.protocol.oip.GRPCInferenceServiceGrpc.GRPCInferenceServiceStub;
import dev.millrace.protocol.oip.InferParameter;
import dev.millrace.protocol.oip.ModelInferRequest;
import dev.millrace.protocol.oip.ModelStreamInferResponse;
import dev.millrace.serving.api.edge.BodyBudget;
import dev.millrace.serving.conformance.Conforms;
import dev.millrace.serving.conformance.Protocol;
import dev.millrace.serving.fake.FakeEngine;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** ModelStreamInfer over a connection: {@code cold} is loaded by its first request. */
@Timeout(60)
class GrpcStreamIT {
  private static final long BUDGET_BYTES = 200_000;

  private final BodyBudget budget = new BodyBudget(BUDGET_BYTES);
  private ColdAndWarm served;
  private FakeEngine engine;
  private ManagedChannel channel;

  @BeforeEach
  void connect() throws IOException {
    served = new ColdAndWarm(Servers.settings(1_000_000), budget);
    engine = served.engine();
    channel = served.channel();
  }

  @AfterEach
  void disconnect() {
    served.close();
  }

  @Test
  @Conforms(
      to = Protocol.TRITON,
      with = "ModelStreamInfer: many requests on a call, answered in order")
  void answersInTheOrderOfTheRequestsThoughLaterOnesAreReadySooner() throws Exception {
    var gate = engine.runtime().closeGate();
    var stream = open();
    stream.send(rows("cold", "1", 1));
    stream.send(rows("nobody", "2", 1));
    stream.send(rows("cold", "3", 2));
    await(() -> unserved("OTHER") == 1);
    assertThat(stream.answers).isEmpty();
    gate.countDown();
    assertThat(stream.next().getInferResponse().getId()).isEqualTo("1");
    var failed = stream.next();
    assertThat(failed.getErrorMessage())
        .isEqualTo(
            "Request for unknown model: 'nobody' is not found. The repository index lists what is served.");
    assertThat(failed.getInferResponse().getId()).isEqualTo("2");
    assertThat(failed.getInferResponse().getModelName()).isEqualTo("nobody");
    var third = stream.next();
    assertThat(third.getErrorMessage()).isEmpty();
    assertThat(third.getInferResponse().getId()).isEqualTo("3");
    assertThat(third.getInferResponse().getModelVersion()).isEqualTo("1");
    assertThat(third.getInferResponse().getRawOutputContents(0).size()).isEqualTo(16);
    stream.requests().onCompleted();
    assertThat(stream.end.get(20, TimeUnit.SECONDS)).isEqualTo(Status.Code.OK);
    await(this::isAllLeft);
  }

  @Test
  @Conforms(to = Protocol.TRITON, with = "ModelStreamInfer: triton_final_response")
  void saysThatEachAnswerIsTheLastOfItsRequest() throws Exception {
    var stream = open();
    stream.send(
        rows("warm", "1", 1).toBuilder()
            .putParameters(
                "triton_enable_empty_final_response",
                InferParameter.newBuilder().setBoolParam(true).build())
            .build());
    stream.send(rows("nobody", "2", 1));
    for (int i = 0; i < 2; i++) {
      assertThat(
              stream
                  .next()
                  .getInferResponse()
                  .getParametersOrThrow("triton_final_response")
                  .getBoolParam())
          .isTrue();
    }
  }

  @Test
  @Conforms(
      to = Protocol.TRITON,
      with = "ModelStreamInfer: a failure is told in error_message, and the stream goes on")
  void goesOnAfterARequestThatContradictsItself() throws Exception {
    var stream = open();
    stream.send(rows("warm", "1", 1).toBuilder().clearRawInputContents().build());
    var many = ModelInferRequest.newBuilder().setId("2");
    for (int i = 0; i < 1_025; i++) {
      many.addInputsBuilder();
    }
    stream.send(many.build());
    stream.send(rows("warm", "3", 1));
    var first = stream.next();
    assertThat(first.getErrorMessage()).isNotEmpty();
    assertThat(first.getInferResponse().getId()).isEqualTo("1");
    assertThat(stream.next().getErrorMessage()).startsWith("'inputs' has more than 1024 elements");
    assertThat(stream.next().getInferResponse().getId()).isEqualTo("3");
    await(() -> unserved("OTHER") == 1);
    assertThat(engine.metered(FAILURE, "model", "warm", "version", "1", "reason", "OTHER"))
        .isEqualTo(1);
  }

  @Test
  void streamsMoreThanTheMemoryAtATimeHolds() throws Exception {
    var stream = open();
    for (int i = 0; i < 20; i++) {
      stream.send(rows("warm", Integer.toString(i), 8_000));
      var answer = stream.next();
      assertThat(answer.getErrorMessage()).isEmpty();
      assertThat(answer.getInferResponse().getId()).isEqualTo(Integer.toString(i));
    }
    await(this::isAllLeft);
  }

  @Test
  void answersARequestThatFindsNoMemoryWithThat() throws Exception {
    var gate = engine.runtime().closeGate();
    var stream = open();
    // The first two together are less than a queue takes; the third is more than is left.
    stream.send(rows("cold", "0", 7_000));
    stream.send(rows("cold", "1", 1));
    stream.send(rows("cold", "2", 12_000));
    await(() -> unserved("REJECTED") == 1);
    gate.countDown();
    assertThat(stream.next().getErrorMessage()).isEmpty();
    assertThat(stream.next().getErrorMessage()).isEmpty();
    assertThat(stream.next().getErrorMessage())
        .startsWith("There is not enough memory for this message now");
    await(this::isAllLeft);
  }

  @Test
  void aClientThatLeavesHasItsRequestsDropped() throws Exception {
    var gate = engine.runtime().closeGate();
    var stream = open();
    stream.send(rows("cold", "1", 8_000));
    await(() -> !isLeft(BUDGET_BYTES - 60_000));
    stream.requests().cancel("the test wants it", null);
    gate.countDown();
    await(this::isAllLeft);
    await(() -> engine.catalog().inFlight() == 0);
  }

  @Test
  void aServerThatStopsAnswersWhatItHasReadAndEndsStreams() throws Exception {
    var gate = engine.runtime().closeGate();
    var idle = open();
    idle.send(rows("nobody", "1", 1));
    idle.next();
    var busy = open();
    busy.send(rows("cold", "2", 1));
    await(() -> engine.runtime().atGate() == 1);
    var stopped = CompletableFuture.runAsync(() -> served.server().stop(Duration.ofSeconds(20)));
    assertThat(idle.end.get(10, TimeUnit.SECONDS)).isEqualTo(Status.Code.UNAVAILABLE);
    gate.countDown();
    assertThat(busy.next().getInferResponse().getId()).isEqualTo("2");
    assertThat(busy.end.get(10, TimeUnit.SECONDS)).isEqualTo(Status.Code.UNAVAILABLE);
    stopped.get(10, TimeUnit.SECONDS);
  }

  @Test
  void aStreamKeepsTheDeadlineOfItsCall() {
    var gate = engine.runtime().closeGate();
    var stream = open(stub().withDeadlineAfter(300, TimeUnit.MILLISECONDS));
    stream.send(rows("cold", "1", 1));
    assertThatThrownBy(() -> stream.end.get(20, TimeUnit.SECONDS))
        .hasMessageContaining("DEADLINE_EXCEEDED");
    gate.countDown();
    await(this::isAllLeft);
  }

  private static final String FAILURE = "nv_inference_request_failure";

  private double unserved(String reason) {
    return engine.metered(FAILURE, "model", "-", "version", "-", "reason", reason);
  }

  private boolean isAllLeft() {
    return isLeft(BUDGET_BYTES);
  }

  private boolean isLeft(long bytes) {
    boolean left = budget.take(bytes);
    if (left) {
      budget.giveBack(bytes);
    }
    return left;
  }

  private GRPCInferenceServiceStub stub() {
    return GRPCInferenceServiceGrpc.newStub(channel);
  }

  private Client open() {
    return open(stub().withDeadlineAfter(30, TimeUnit.SECONDS));
  }

  private static Client open(GRPCInferenceServiceStub stub) {
    var client = new Client();
    var _ = stub.modelStreamInfer(client);
    return client;
  }

  private static ModelInferRequest rows(String model, String id, int rows) {
    return ModelInferRequest.newBuilder()
        .setModelName(model)
        .setId(id)
        .addInputs(Messages.input("FP32", rows, 2))
        .addRawInputContents(ByteString.copyFrom(new byte[rows * 2 * Float.BYTES]))
        .build();
  }

  /** The client's end of a stream; how it ended, where not by a deadline. */
  private static final class Client
      implements ClientResponseObserver<ModelInferRequest, ModelStreamInferResponse> {
    private final BlockingQueue<ModelStreamInferResponse> answers = new LinkedBlockingQueue<>();
    private final CompletableFuture<Status.Code> end = new CompletableFuture<>();
    private final CompletableFuture<ClientCallStreamObserver<ModelInferRequest>> call =
        new CompletableFuture<>();

    void send(ModelInferRequest request) {
      requests().onNext(request);
    }

    ClientCallStreamObserver<ModelInferRequest> requests() {
      return call.join();
    }

    ModelStreamInferResponse next() throws InterruptedException {
      var answer = answers.poll(20, TimeUnit.SECONDS);
      assertThat(answer).isNotNull();
      return answer;
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<ModelInferRequest> started) {
      call.complete(started);
    }

    @Override
    public void onNext(ModelStreamInferResponse answer) {
      answers.add(answer);
    }

    @Override
    public void onError(Throwable failure) {
      var status = Status.fromThrowable(failure);
      if (status.getCode() == Status.Code.DEADLINE_EXCEEDED) {
        end.completeExceptionally(failure);
      } else {
        end.complete(status.getCode());
      }
    }

    @Override
    public void onCompleted() {
      end.complete(Status.Code.OK);
    }
  }
}
