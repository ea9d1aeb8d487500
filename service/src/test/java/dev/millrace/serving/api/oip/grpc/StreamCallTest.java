package dev.millrace.serving.api.oip.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.protocol.oip.GRPCInferenceServiceGrpc;
import dev.millrace.protocol.oip.ModelStreamInferResponse;
import dev.millrace.serving.api.edge.BodyBudget;
import dev.millrace.serving.api.edge.grpc.EventLoops;
import dev.millrace.serving.api.edge.grpc.StreamMemory;
import dev.millrace.serving.api.sharedmemory.SharedRegions;
import dev.millrace.serving.inference.InferenceService;
import dev.millrace.serving.lifecycle.ModelCatalog;
import dev.millrace.serving.telemetry.UnservedRequests;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A stream whose requests all name a model that is not there, so that each is answered at once. */
class StreamCallTest {
  private static final int MOST_UNSENT_BYTES = 2_000;
  private static final int AHEAD = StreamCall.MOST_IN_FLIGHT;

  private final EventLoops loops = EventLoops.start(1);
  private final BodyBudget budget = new BodyBudget(1L << 30);
  private final FakeCall call = new FakeCall();
  private final StreamMemory memory = new StreamMemory(budget);
  private final StreamCall stream = stream();

  @AfterEach
  void close() {
    var _ = loops.group().shutdownGracefully();
  }

  @Test
  void readsSoManyAheadAndOneMoreForEachAnswerThatWasSent() {
    stream.start();
    assertThat(call.requested).isEqualTo(AHEAD);
    send("a");
    send("b");
    assertThat(call.ids()).containsExactly("a", "b");
    assertThat(call.requested).isEqualTo(AHEAD + 2);
  }

  @Test
  void readsNoFurtherWhileTheClientTakesNoAnswers() {
    call.room = 0;
    stream.start();
    IntStream.range(0, AHEAD).forEach(i -> send(Integer.toString(i)));
    assertThat(call.sent).isEmpty();
    assertThat(call.requested).isEqualTo(AHEAD);
    assertThat(budgetIsFull()).isFalse();
    call.room = 1;
    stream.onReady();
    assertThat(call.ids()).containsExactly("0");
    // What waits is over the limit, so that nothing is read for the one that was sent.
    assertThat(call.requested).isEqualTo(AHEAD);
    call.room = Integer.MAX_VALUE;
    stream.onReady();
    assertThat(call.ids())
        .containsExactlyElementsOf(IntStream.range(0, AHEAD).mapToObj(Integer::toString).toList());
    assertThat(call.requested).isEqualTo(2 * AHEAD);
    assertThat(budgetIsFull()).isTrue();
  }

  @Test
  void endsOnceAllIsSent() {
    call.room = 0;
    stream.start();
    send("a");
    stream.onHalfClose();
    assertThat(call.closed).isNull();
    call.room = 1;
    stream.onReady();
    assertThat(call.ids()).containsExactly("a");
    assertThat(code()).isEqualTo(Status.Code.OK);
  }

  @Test
  void aMessageThatIsNotProtobufEndsTheStreamBehindTheAnswersBeforeIt() {
    call.room = 0;
    stream.start();
    send("a");
    stream.onMessage(new ByteArrayInputStream(new byte[] {7}));
    send("ignored");
    assertThat(call.closed).isNull();
    call.room = 9;
    stream.onReady();
    assertThat(call.ids()).containsExactly("a");
    assertThat(code()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(String.valueOf(call.closed))
        .contains("The message is not the protobuf message of this method");
    assertThat(budgetIsFull()).isTrue();
  }

  @Test
  void givesBackWhatACancelledStreamHeld() {
    call.room = 0;
    stream.start();
    send("a");
    memory.inboundMessage(1);
    memory.inboundWireSize(5_000);
    assertThat(budgetIsFull()).isFalse();
    stream.onCancel();
    memory.streamClosed(Status.CANCELLED);
    assertThat(budgetIsFull()).isTrue();
  }

  private StreamCall stream() {
    var inference =
        new InferenceService(new ModelCatalog(), new UnservedRequests(new SimpleMeterRegistry()));
    var settings = Servers.settings(MOST_UNSENT_BYTES);
    var streams =
        new StreamMethod(
            new InferMethod(inference, SharedRegions.off(), settings), loops, settings);
    return new StreamCall(streams, call, Runnable::run, memory);
  }

  private void send(String id) {
    var message =
        Messages.raw(Messages.input("FP32", 1), "00000000").toBuilder()
            .setModelName("nobody")
            .setId(id)
            .build();
    memory.inboundMessage(0);
    memory.inboundWireSize(message.getSerializedSize());
    stream.onMessage(new ByteArrayInputStream(message.toByteArray()));
  }

  private boolean budgetIsFull() {
    boolean full = budget.take(1L << 30);
    if (full) {
      budget.giveBack(1L << 30);
    }
    return full;
  }

  private Status.@Nullable Code code() {
    return call.closed == null ? null : call.closed.getCode();
  }

  /** Takes so many messages and then is not ready. */
  private static final class FakeCall extends ServerCall<InputStream, InputStream> {
    private final List<ModelStreamInferResponse> sent = new ArrayList<>();
    private int requested;
    private int room = Integer.MAX_VALUE;
    private @Nullable Status closed;

    List<String> ids() {
      return sent.stream().map(answer -> answer.getInferResponse().getId()).toList();
    }

    @Override
    public void request(int messages) {
      requested += messages;
    }

    @Override
    public void sendHeaders(Metadata headers) {}

    @Override
    public boolean isReady() {
      return room > 0;
    }

    @Override
    public void sendMessage(InputStream message) {
      room--;
      try {
        sent.add(ModelStreamInferResponse.parseFrom(message));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void close(Status status, Metadata trailers) {
      assertThat(closed).isNull();
      closed = status;
    }

    @Override
    public boolean isCancelled() {
      return false;
    }

    @Override
    public MethodDescriptor<InputStream, InputStream> getMethodDescriptor() {
      throw new UnsupportedOperationException(
          GRPCInferenceServiceGrpc.getModelStreamInferMethod().getFullMethodName());
    }
  }
}
