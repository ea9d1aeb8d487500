package dev.millrace.serving.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.failure.InferenceFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.Test;

class SequencerTest {
  private final Sequencer sequencer = new Sequencer();
  private final List<String> told = new ArrayList<>();

  @Test
  void letsOutcomesLeaveInTheOrderOfTheirTickets() {
    var first = sequencer.inLine(new Telling("first"));
    var second = sequencer.inLine(new Telling("second"));
    var third = sequencer.inLine(new Telling("third"));
    third.failed(new InferenceFailure.Cancelled("3"));
    second.failed(new InferenceFailure.Cancelled("2"));
    assertThat(told).isEmpty();
    first.failed(new InferenceFailure.Cancelled("1"));
    assertThat(told).containsExactly("first", "second", "third");
  }

  private final class Telling implements Outcome {
    private final String name;

    Telling(String name) {
      this.name = name;
    }

    @Override
    public Executor home() {
      return Runnable::run;
    }

    @Override
    public void completed(BatchResult result) {
      result.close();
    }

    @Override
    public void failed(InferenceFailure failure) {
      told.add(name);
    }

    @Override
    public boolean cancelled() {
      return false;
    }
  }
}
