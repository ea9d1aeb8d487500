package dev.millrace.serving.scheduling;

import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.fixture.Tensors;
import dev.millrace.serving.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Keeps the outcome of one request, all of them should there be more than one. */
final class Caller implements Outcome {
  private final Executor home;
  private final CountDownLatch told = new CountDownLatch(1);
  private final List<Object> outcomes = Collections.synchronizedList(new ArrayList<>());
  private volatile boolean cancelled;
  private volatile @Nullable Tensor owned;
  private volatile AtomicInteger order = new AtomicInteger();
  private volatile int place;
  private volatile @Nullable Thread toldOn;

  Caller(Executor home) {
    this.home = home;
  }

  /** Told on the worker's own thread. */
  static Caller direct() {
    return new Caller(DIRECT);
  }

  private static final Executor DIRECT = Runnable::run;

  /** Gives these inputs back as soon as it is told, and somebody else writes over them. */
  void owning(Tensor inputs) {
    owned = inputs;
  }

  /** Its place among all who were told, of those that share this counter. */
  Caller counting(AtomicInteger counter) {
    order = counter;
    return this;
  }

  int place() {
    return place;
  }

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

  private static void overwrite(ByteBuffer memory) {
    for (int i = 0; i + Float.BYTES <= memory.limit(); i += Float.BYTES) {
      memory.putFloat(i, Float.NaN);
    }
  }

  private void tell(Object outcome) {
    toldOn = Thread.currentThread();
    place = order.incrementAndGet();
    var inputs = owned;
    if (inputs != null) {
      overwrite(inputs.data());
    }
    outcomes.add(outcome);
    told.countDown();
  }
}
