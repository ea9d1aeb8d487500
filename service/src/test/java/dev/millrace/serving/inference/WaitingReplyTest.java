package dev.millrace.serving.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.scheduling.BatchTimings;
import dev.millrace.serving.tensor.Tensor;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class WaitingReplyTest {
  private final WaitingReply reply = new WaitingReply();

  @Test
  void givesUpAfterTheLimitAndSaysSo() {
    assertThat(reply.cancelled()).isFalse();
    assertThatThrownBy(() -> reply.await(Duration.ofMillis(1)))
        .hasMessage("No answer within PT0.001S. Send fewer rows, or allow more time.");
    assertThat(reply.cancelled()).isTrue();
  }

  @Test
  void closesAnAnswerThatCameTooLate() {
    assertThatThrownBy(() -> reply.await(Duration.ZERO)).hasMessageStartingWith("No answer");
    var late = new Answer();
    reply.answered(late);
    assertThat(late.closes).isEqualTo(1);
  }

  @Test
  void passesTheFailureOn() {
    reply.failed(new InferenceFailure.Overloaded("full"));
    assertThatThrownBy(() -> reply.await(Duration.ofSeconds(1))).hasMessage("full");
  }

  @Test
  void endsTheWaitOnAnInterrupt() {
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> reply.await(Duration.ofSeconds(5)))
        .hasMessage("The wait for the answer was interrupted.");
    assertThat(Thread.interrupted()).isTrue();
  }

  private static final class Answer implements InferenceAnswer {
    int closes;

    @Override
    public String model() {
      return "m";
    }

    @Override
    public String version() {
      return "1";
    }

    @Override
    public List<Tensor> outputs() {
      return List.of();
    }

    @Override
    public BatchTimings timings() {
      return new BatchTimings(0, 0, 0, 1);
    }

    @Override
    public void close() {
      closes++;
    }
  }
}
