package dev.millrace.serving.fake;

import dev.millrace.serving.device.Device;
import dev.millrace.serving.runtime.BoundBatch;
import dev.millrace.serving.runtime.DeviceMemoryException;
import dev.millrace.serving.runtime.ExecutableModel;
import dev.millrace.serving.runtime.ModelRunException;
import dev.millrace.serving.runtime.RunOutputs;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.tensor.Tensor;
import dev.millrace.serving.tensor.TensorSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Multiplies each element of its first input, FP32 [-1,2], by a factor; a use after its end is kept
 * as a fault.
 */
public final class FakeModel implements ExecutableModel {
  private final Signature signature;
  private final float factor;
  private final Device device;
  private final Runnable onClose;
  private final Runnable onRun;
  private final AtomicInteger runsThatFindNoMemory = new AtomicInteger();
  private final AtomicInteger running = new AtomicInteger();
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile CountDownLatch hold = new CountDownLatch(0);
  private final AtomicInteger faults = new AtomicInteger();
  private final AtomicInteger waiting = new AtomicInteger();
  private volatile CountDownLatch held = new CountDownLatch(0);

  FakeModel(Signature signature, float factor, Device device, Runnable onClose, Runnable onRun) {
    this.onRun = onRun;
    this.signature = signature;
    this.factor = factor;
    this.device = device;
    this.onClose = onClose;
  }

  /** Input x and output y, both FP32 [-1,2]. */
  public static Signature pairs() {
    return new Signature(
        List.of(new TensorSpec("x", DataType.FP32, Shape.of(-1, 2))),
        List.of(new TensorSpec("y", DataType.FP32, Shape.of(-1, 2))));
  }

  @Override
  public Signature signature() {
    return signature;
  }

  @Override
  public String device() {
    return device.name();
  }

  @Override
  public BoundBatch bind(List<Tensor> inputs) {
    return new Bound(inputs.getFirst());
  }

  @Override
  public void close() {
    if (closed.getAndSet(true)) {
      faults.incrementAndGet();
    } else {
      onClose.run();
    }
  }

  /** Runs wait until it is counted down. */
  public CountDownLatch hold() {
    hold = new CountDownLatch(1);
    return hold;
  }

  /** Runs that were held. */
  public int held() {
    return running.get();
  }

  private void awaitHold() {
    if (hold.getCount() > 0) {
      running.incrementAndGet();
      try {
        hold.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /** The next run finds no memory. */
  public void runOutOfMemory() {
    runsThatFindNoMemory.incrementAndGet();
  }

  /** Runs wait until it is counted down. */
  public CountDownLatch holdRuns() {
    var holding = new CountDownLatch(1);
    held = holding;
    return holding;
  }

  /** Runs that wait for that. */
  public int heldRuns() {
    return waiting.get();
  }

  /** Whether its memory was given back. */
  public boolean closed() {
    return closed.get();
  }

  /** Runs after the close, and second closes. */
  public int faults() {
    return faults.get();
  }

  private final class Bound implements BoundBatch {
    private final Tensor input;

    Bound(Tensor input) {
      this.input = input;
    }

    @Override
    public RunOutputs run() {
      awaitRelease();
      if (closed.get()) {
        faults.incrementAndGet();
        throw new ModelRunException("run after close", null);
      }
      awaitHold();
      if (runsThatFindNoMemory.getAndUpdate(left -> Math.max(left - 1, 0)) > 0) {
        throw new DeviceMemoryException("no memory", new IllegalStateException("fake"));
      }
      onRun.run();
      return new Outputs(
          signature.outputs().stream().map(spec -> multiplied(input, spec.name())).toList());
    }

    @Override
    public void close() {}
  }

  private void awaitRelease() {
    try {
      waiting.incrementAndGet();
      held.await();
      waiting.decrementAndGet();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private Tensor multiplied(Tensor input, String name) {
    int bytes = input.data().remaining();
    var data = ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (int at = 0; at + Float.BYTES <= bytes; at += Float.BYTES) {
      data.putFloat(at, factor * input.data().getFloat(input.data().position() + at));
    }
    return new Tensor(name, input.type(), input.shape(), data);
  }

  private record Outputs(List<Tensor> tensors) implements RunOutputs {
    @Override
    public void close() {}
  }
}
