package dev.millrace.serving.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.fixture.Tensors;
import dev.millrace.serving.tensor.Shape;
import java.util.List;
import java.util.Set;

/** One request out of a mix of all kinds: what it asks for, and what may become of it. */
record SentRequest(
    int number, int rows, int width, Trouble trouble, long deadlineNanos, Caller caller) {
  /** What the last value makes of its run. */
  enum Trouble {
    NONE,
    POISON,
    MEMORY
  }

  /** What became of it. */
  enum Fate {
    ANSWERED,
    BROKEN,
    OUT_OF_MEMORY,
    LATE,
    CANCELLED,
    BEYOND_GOAL
  }

  /** Submits it to a scheduler, which may keep its callers in line. */
  void submit(ModelScheduler scheduler, int priority) {
    scheduler.submit(scheduled(priority, scheduler.inLine(caller)));
  }

  /** The request as a scheduler takes it, with its values. */
  ScheduledRequest scheduled(int priority, Outcome outcome) {
    var values = expected();
    switch (trouble) {
      case NONE -> {}
      case POISON -> values[values.length - 1] = EchoModel.POISON;
      case MEMORY -> values[values.length - 1] = EchoModel.MEMORY;
    }
    var input = Tensors.floats("x", Shape.of(rows, width), values);
    caller.owning(input);
    return new ScheduledRequest(List.of(input), rows, List.of(), deadlineNanos, priority, outcome);
  }

  /** Tells rows, columns and callers apart, all in numbers that a float holds exactly. */
  float[] expected() {
    var values = new float[rows * width];
    for (int row = 0; row < rows; row++) {
      values[row * width] = number + row / 64f;
      for (int column = 1; column < width; column++) {
        values[row * width + column] = number % 4_096 * 1_024 + row * 16 + column;
      }
    }
    return values;
  }

  /**
   * What became of it, which must be what it asked for and nothing else.
   *
   * @param outOfMemory requests with rows in a run that found no memory
   */
  Fate fate(Set<Integer> outOfMemory, boolean hasGoal) throws InterruptedException {
    var outcome = caller.outcome();
    assertThat(caller.outcomeCount()).isEqualTo(1);
    if (outcome instanceof float[] values) {
      assertThat(trouble).as("%s answered", this).isEqualTo(Trouble.NONE);
      assertThat(values).as("%s", this).isEqualTo(expected());
      return Fate.ANSWERED;
    }
    var fate = fate(caller.failure());
    assertThat(allowed(fate, outOfMemory, hasGoal)).as("%s: %s", this, outcome).isTrue();
    return fate;
  }

  private static Fate fate(InferenceFailure failure) {
    return switch (failure) {
      case InferenceFailure.Broken _ -> Fate.BROKEN;
      case InferenceFailure.TimedOut _ -> Fate.LATE;
      case InferenceFailure.Cancelled _ -> Fate.CANCELLED;
      case InferenceFailure.Overloaded overloaded ->
          overloaded.message().contains("latency goal") ? Fate.BEYOND_GOAL : Fate.OUT_OF_MEMORY;
      case InferenceFailure.Invalid _,
          InferenceFailure.NotFound _,
          InferenceFailure.NotReady _,
          InferenceFailure.TooLarge _,
          InferenceFailure.Unsupported _ ->
          throw new AssertionError("nobody asked for " + failure);
    };
  }

  private boolean allowed(Fate fate, Set<Integer> outOfMemory, boolean hasGoal) {
    return switch (fate) {
      case ANSWERED -> false;
      case BROKEN -> trouble == Trouble.POISON;
      case OUT_OF_MEMORY -> outOfMemory.contains(number);
      case LATE -> deadlineNanos != Long.MAX_VALUE;
      case CANCELLED -> caller.cancelled();
      case BEYOND_GOAL -> hasGoal;
    };
  }
}
