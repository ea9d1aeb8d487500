package dev.millrace.serving.scheduling;

import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.fixture.Tensors;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Keeps the outcome of one request, all of them should there be more than one. */
final class Caller implements Outcome {
  private final Executor home;
  private final CountDownLatch told = new CountDownLatch(1);
  private final List<Object> outcomes = Collections.synchronizedList(new ArrayList<>());
  private volatile boolean cancelled;
  private volatile @Nullable Thread toldOn;

  Caller(Executor home) {
    this.home = home;
  }

  /** Told on the worker's own thread. */
  static Caller direct() {
    return new Caller(DIRECT);
  }

  private static final Executor DIRECT = Runnable::run;

  void cancel() {
    cancelled = true;
  }

  /** The values of the first output. */
  float[] answer() throws InterruptedException {
    return outcome() instanceof float[] values ? values : new float[0];
  }

  InferenceFailure failure() throws InterruptedException {
    if (outcome() instanceof InferenceFailure failure) {
      return failure;
    }
    throw new AssertionError("answered: " + outcomes);
  }

  boolean isTold() {
    return told.getCount() == 0;
  }

  int outcomeCount() {
    return outcomes.size();
  }

  @Nullable Thread toldOn() {
    return toldOn;
  }

  /** Values, or a failure. */
  Object outcome() throws InterruptedException {
    if (!told.await(20, TimeUnit.SECONDS)) {
      throw new AssertionError("no outcome");
    }
    return outcomes.getFirst();
  }

  @Override
  public Executor home() {
    return home;
  }

  @Override
  public void completed(BatchResult result) {
    var values = Tensors.floats(result.outputs().getFirst());
    result.close();
    result.close();
    tell(values);
  }

  @Override
  public void failed(InferenceFailure failure) {
    tell(failure);
  }

  @Override
  public boolean cancelled() {
    return cancelled;
  }

  private void tell(Object outcome) {
    toldOn = Thread.currentThread();
    outcomes.add(outcome);
    told.countDown();
  }
}
