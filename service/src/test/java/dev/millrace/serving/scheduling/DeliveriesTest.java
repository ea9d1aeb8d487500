package dev.millrace.serving.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.failure.InferenceFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

class DeliveriesTest {
  private final List<Runnable> tasks = new ArrayList<>();
  private final Executor loop = tasks::add;
  private final Deliveries deliveries = new Deliveries();
  private final InferenceFailure failure = new InferenceFailure.Broken("broken");

  @Test
  void sendOneTaskToEachHome() {
    var other = new ArrayList<Runnable>();
    Executor otherLoop = other::add;
    var callers = List.of(new Caller(loop), new Caller(otherLoop), new Caller(loop));
    callers.forEach(caller -> deliveries.add(caller, failure));
    deliveries.send();
    assertThat(tasks).hasSize(1);
    assertThat(other).hasSize(1);
    tasks.forEach(Runnable::run);
    assertThat(callers).extracting(Caller::isTold).containsExactly(true, false, true);
  }

  @Test
  void reachTheOthersWhenOneCallerThrows() {
    var caller = new Caller(loop);
    deliveries.add(new ThrowingOutcome(loop, new IllegalStateException("broke")), failure);
    deliveries.add(caller, failure);
    deliveries.send();
    tasks.forEach(Runnable::run);
    assertThat(caller.isTold()).isTrue();
  }

  @Test
  void reachTheOthersWhenOneCallerRunsOutOfMemory() {
    var caller = new Caller(loop);
    deliveries.add(new ThrowingOutcome(loop, new OutOfMemoryError("no slab")), failure);
    deliveries.add(caller, failure);
    deliveries.send();
    tasks.forEach(Runnable::run);
    assertThat(caller.isTold()).isTrue();
  }

  @Test
  void areMadeHereWhenTheHomeHasStopped() {
    var caller =
        new Caller(
            _ -> {
              throw new RejectedExecutionException("stopped");
            });
    deliveries.add(caller, failure);
    deliveries.send();
    assertThat(caller.isTold()).isTrue();
  }

  private record ThrowingOutcome(Executor home, Throwable thrown) implements Outcome {
    @Override
    public void completed(BatchResult result) {
      result.close();
    }

    @Override
    public void failed(InferenceFailure reason) {
      switch (thrown) {
        case Error error -> throw error;
        case RuntimeException exception -> throw exception;
        default -> throw new AssertionError(thrown);
      }
    }

    @Override
    public boolean cancelled() {
      return false;
    }
  }
}
