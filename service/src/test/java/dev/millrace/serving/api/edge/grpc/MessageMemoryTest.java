package dev.millrace.serving.api.edge.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.serving.api.edge.BodyBudget;
import io.grpc.Metadata;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import org.junit.jupiter.api.Test;

class MessageMemoryTest {
  private final BodyBudget budget = new BodyBudget(100);
  private final MessageMemory memory = new MessageMemory(budget, "stream");
  private final MessageMemory.OfCall call = (MessageMemory.OfCall) newCall();

  @Test
  void countsThePiecesOfAMessageThatNeverArrivesWhole() {
    call.inboundWireSize(30);
    call.inboundWireSize(30);
    assertThat(isLeft(41)).isFalse();
    assertThat(isLeft(40)).isTrue();
    call.streamClosed(Status.CANCELLED);
    assertThat(isLeft(100)).isTrue();
  }

  @Test
  void countsAMessageThatIsNotCompressedOnce() {
    call.inboundWireSize(60);
    call.inboundUncompressedSize(60);
    assertThat(isLeft(40)).isTrue();
  }

  @Test
  void countsWhatComesOutOfACompressedMessage() {
    call.inboundWireSize(10);
    call.inboundUncompressedSize(50);
    call.inboundUncompressedSize(40);
    assertThat(isLeft(11)).isFalse();
    assertThatThrownBy(() -> call.inboundUncompressedSize(40))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessage(
            "RESOURCE_EXHAUSTED: There is not enough memory for this message now: all requests under way may take 100 bytes together. Retry later, or send fewer rows per request.");
    call.streamClosed(Status.RESOURCE_EXHAUSTED);
    assertThat(isLeft(100)).isTrue();
  }

  @Test
  void keepsTheMemoryOfARequestThatIsStillReadAfterItsClientHasGone() {
    call.inboundWireSize(60);
    call.hold(80);
    assertThat(isLeft(21)).as("beside tensors larger than their message").isFalse();
    call.streamClosed(Status.CANCELLED);
    assertThat(isLeft(20)).isTrue();
    assertThat(isLeft(21)).isFalse();
    call.letGo();
    assertThat(isLeft(100)).isTrue();
  }

  @Test
  void sharesTheMemoryAmongCalls() {
    var other = newCall();
    call.inboundWireSize(60);
    assertThatThrownBy(() -> other.inboundWireSize(50)).hasMessageStartingWith("RESOURCE_EXH");
    call.streamClosed(Status.OK);
    other.inboundWireSize(50);
    other.streamClosed(Status.OK);
    assertThat(isLeft(100)).isTrue();
  }

  private ServerStreamTracer newCall() {
    return memory.newServerStreamTracer("method", new Metadata());
  }

  private boolean isLeft(long bytes) {
    boolean left = budget.take(bytes);
    if (left) {
      budget.giveBack(bytes);
    }
    return left;
  }
}
