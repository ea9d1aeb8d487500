package dev.millrace.serving.scheduling;

import dev.millrace.serving.tensor.Tensor;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.List;

/** Views on shared outputs. */
final class PartResult implements BatchResult {
  private static final VarHandle CLOSED = closedHandle();

  private final List<Tensor> outputs;
  private final BatchTimings timings;
  private final SharedOutputs memory;

  /** Changed once, through CLOSED. */
  @SuppressWarnings("unused")
  private volatile boolean closed;

  PartResult(List<Tensor> outputs, BatchTimings timings, SharedOutputs memory) {
    this.outputs = outputs;
    this.timings = timings;
    this.memory = memory;
  }

  @Override
  public List<Tensor> outputs() {
    return outputs;
  }

  @Override
  public BatchTimings timings() {
    return timings;
  }

  @Override
  public void close() {
    if (CLOSED.compareAndSet(this, false, true)) {
      memory.release();
    }
  }

  private static VarHandle closedHandle() {
    try {
      return MethodHandles.lookup().findVarHandle(PartResult.class, "closed", boolean.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }
}
