package dev.millrace.serving.scheduling;

import dev.millrace.serving.fixture.Tensors;
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
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Answers x, FP32 with rows of any length, with itself as y. It keeps what it ran, fails for
 * poison, and treats its output memory as badly as it may: it overwrites what was given back.
 */
final class EchoModel implements ExecutableModel {
  /** A value that makes a run fail. */
  static final float POISON = -7;

  /** A value that the device has no memory for. */
  static final float MEMORY = -8;

  /** What tests pad with. */
  static final float PADDING = -3;

  private static final float GARBAGE = Float.NaN;

  private final Signature signature;
  private final List<Thread> ranOn = Collections.synchronizedList(new ArrayList<>());
  private final List<float[]> runs = Collections.synchronizedList(new ArrayList<>());
  private final ConcurrentLinkedQueue<ByteBuffer> free = new ConcurrentLinkedQueue<>();
  private final AtomicInteger padded = new AtomicInteger();
  private final Set<Integer> outOfMemory = ConcurrentHashMap.newKeySet();
  private final AtomicInteger garbage = new AtomicInteger();
  private final AtomicInteger held = new AtomicInteger();
  private final AtomicBoolean closed = new AtomicBoolean();
  private final Semaphore started = new Semaphore(0);
  private final Semaphore permits;
  private volatile String device = "fake";

  private EchoModel(Shape shape, int permits) {
    signature =
        new Signature(
            List.of(new TensorSpec("x", DataType.FP32, shape)),
            List.of(new TensorSpec("y", DataType.FP32, shape)));
    this.permits = new Semaphore(permits);
  }

  /** Runs at once. */
  static EchoModel free() {
    return new EchoModel(Shape.of(-1, -1), Integer.MAX_VALUE / 2);
  }

  /** Runs when allowed to. */
  static EchoModel gated() {
    return new EchoModel(Shape.of(-1, -1), 0);
  }

  /** Runs at once, on rows of one value: what a run takes follows from its rows. */
  static EchoModel ofValues() {
    return new EchoModel(Shape.of(-1, 1), Integer.MAX_VALUE / 2);
  }

  /** The same with rows of this many values. */
  static EchoModel ofRows(int width) {
    return new EchoModel(Shape.of(-1, width), Integer.MAX_VALUE / 2);
  }

  /** Takes two rows of three and nothing else. */
  static EchoModel notBatchable() {
    return new EchoModel(Shape.of(2, 3), Integer.MAX_VALUE / 2);
  }

  /** The same model, which says that it is on this device. */
  EchoModel on(String name) {
    device = name;
    return this;
  }

  /** Runs in which a row was padded. */
  int padded() {
    return padded.get();
  }

  /** Lets runs go on. */
  void allow(int more) {
    permits.release(more);
  }

  /** Waits until a run has begun since the last call. */
  void awaitStart() throws InterruptedException {
    if (!started.tryAcquire(10, TimeUnit.SECONDS)) {
      throw new AssertionError("no run began");
    }
  }

  /** The first value of each row, by run. */
  List<float[]> runs() {
    return runs;
  }

  /** The threads of the runs, in their order. */
  List<Thread> ranOn() {
    return ranOn;
  }

  /** The first value of each row, in whole numbers, of all runs that found no memory. */
  Set<Integer> outOfMemory() {
    return outOfMemory;
  }

  /** Runs that read what was not a number: their inputs were given back before. */
  int garbage() {
    return garbage.get();
  }

  /** Runs whose outputs were not given back. */
  int held() {
    return held.get();
  }

  boolean closed() {
    return closed.get();
  }

  @Override
  public Signature signature() {
    return signature;
  }

  @Override
  public String device() {
    return device;
  }

  @Override
  public BoundBatch bind(List<Tensor> inputs) {
    return new Bound(inputs.getFirst());
  }

  @Override
  public void close() {
    closed.set(true);
  }

  private RunOutputs run(Tensor input) {
    if (closed.get()) {
      throw new ModelRunException("closed", null);
    }
    keep(input);
    ranOn.add(Thread.currentThread());
    started.release();
    if (!permits.tryAcquire()) {
      permits.acquireUninterruptibly();
    }
    var values = Tensors.floats(input);
    var memory = memory(values.length);
    for (int i = 0; i < values.length; i++) {
      if (Float.isNaN(values[i])) {
        garbage.incrementAndGet();
      }
      if (values[i] == MEMORY) {
        firsts(input, values).forEach(first -> outOfMemory.add((int) (float) first));
        throw new DeviceMemoryException("no memory", new IllegalStateException("full"));
      }
      if (values[i] == POISON) {
        throw new ModelRunException("poison", null);
      }
      memory.putFloat(i * Float.BYTES, values[i]);
    }
    held.incrementAndGet();
    return new Outputs(new Tensor("y", DataType.FP32, input.shape(), memory));
  }

  private void keep(Tensor input) {
    int rows = (int) input.shape().dimension(0);
    var values = Tensors.floats(input);
    var firsts = new float[rows];
    boolean ends = false;
    for (int i = 0; i < rows; i++) {
      firsts[i] = values[i * values.length / rows];
      ends |= values[(i + 1) * values.length / rows - 1] == PADDING;
    }
    padded.addAndGet(ends ? 1 : 0);
    runs.add(firsts);
  }

  private static List<Float> firsts(Tensor input, float[] values) {
    int rows = (int) input.shape().dimension(0);
    var firsts = new ArrayList<Float>();
    for (int i = 0; i < rows; i++) {
      firsts.add(values[i * values.length / rows]);
    }
    return firsts;
  }

  private ByteBuffer memory(int floats) {
    var reused = free.poll();
    return reused != null && reused.capacity() >= floats * Float.BYTES
        ? reused.limit(floats * Float.BYTES)
        : ByteBuffer.allocateDirect(floats * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
  }

  private final class Bound implements BoundBatch {
    private final Tensor input;

    Bound(Tensor input) {
      this.input = input;
    }

    @Override
    public RunOutputs run() {
      return EchoModel.this.run(input);
    }

    @Override
    public void close() {}
  }

  private final class Outputs implements RunOutputs {
    private final Tensor tensor;

    Outputs(Tensor tensor) {
      this.tensor = tensor;
    }

    @Override
    public List<Tensor> tensors() {
      return List.of(tensor);
    }

    @Override
    public void close() {
      held.decrementAndGet();
      var memory = tensor.data();
      for (int i = 0; i + Float.BYTES <= memory.limit(); i += Float.BYTES) {
        memory.putFloat(i, GARBAGE);
      }
      free.add(memory);
    }
  }
}
