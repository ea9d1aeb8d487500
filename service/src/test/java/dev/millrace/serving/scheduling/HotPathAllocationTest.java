package dev.millrace.serving.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.fixture.Tensors;
import dev.millrace.serving.runtime.BoundBatch;
import dev.millrace.serving.runtime.ExecutableModel;
import dev.millrace.serving.runtime.RunOutputs;
import dev.millrace.serving.telemetry.ServingMeters;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.tensor.Tensor;
import dev.millrace.serving.tensor.TensorSpec;
import dev.millrace.serving.time.NanoClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What a request costs in memory from its submission to its answer, which are copied once. */
class HotPathAllocationTest {
  private static final int REQUESTS = 10_000;
  private static final int TOGETHER = 16;
  private static final int NUMBERS = 2_048;

  /** An eighth of what the inputs of one request take, or its outputs. */
  private static final long MOST_BYTES_A_REQUEST = 1_024;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final Tensor row = Tensors.row("x", new float[NUMBERS]);
  private final Semaphore answered = new Semaphore(0);
  private final Outcome outcome = new Counting(answered);

  @Test
  void staysFarBelowTheSizeOfInputsAndOutputs() throws Exception {
    var meters = new ServingMeters(new SimpleMeterRegistry(), NanoClock.SYSTEM).open("quiet", "1");
    try (var scheduler =
        ModelScheduler.start(
            List.of(new QuietModel()),
            SchedulerSettings.defaults(),
            SchedulerContext.alone(meters, NanoClock.SYSTEM))) {
      submit(scheduler, REQUESTS);
      long direct = directBytes();
      long before = allocatedBytes();
      submit(scheduler, REQUESTS);
      assertThat((allocatedBytes() - before) / REQUESTS).isBetween(1L, MOST_BYTES_A_REQUEST);
      assertThat(directBytes() - direct).isLessThan(100L * NUMBERS * Float.BYTES);
    }
  }

  private void submit(ModelScheduler scheduler, int count) throws InterruptedException {
    for (int i = 0; i < count; i += TOGETHER) {
      for (int j = 0; j < TOGETHER; j++) {
        scheduler.submit(
            new ScheduledRequest(List.of(row), 1, List.of(), Long.MAX_VALUE, 0, outcome));
      }
      assertThat(answered.tryAcquire(TOGETHER, 20, TimeUnit.SECONDS)).isTrue();
    }
  }

  /** By this thread and the worker, which are all that take part. */
  private static long allocatedBytes() {
    long worker =
        Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> thread.getName().equals("worker-quiet-1-0"))
            .findFirst()
            .orElseThrow()
            .threadId();
    return THREADS.getThreadAllocatedBytes(worker)
        + THREADS.getThreadAllocatedBytes(Thread.currentThread().threadId());
  }

  private static long directBytes() {
    return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
        .filter(pool -> pool.getName().equals("direct"))
        .mapToLong(BufferPoolMXBean::getTotalCapacity)
        .sum();
  }

  private record Counting(Semaphore answered) implements Outcome {
    @Override
    public Executor home() {
      return DIRECT;
    }

    @Override
    public void completed(BatchResult result) {
      result.close();
      answered.release();
    }

    @Override
    public void failed(InferenceFailure failure) {
      throw new IllegalStateException(failure.message());
    }

    @Override
    public boolean cancelled() {
      return false;
    }

    private static final Executor DIRECT = Runnable::run;
  }

  /** Answers with memory that it has already, and allocates nothing. */
  private static final class QuietModel implements ExecutableModel {
    private static final int MOST_ROWS = 64;
    private static final Shape SHAPE = Shape.of(-1, NUMBERS);

    private final Signature signature =
        new Signature(
            List.of(new TensorSpec("x", DataType.FP32, SHAPE)),
            List.of(new TensorSpec("y", DataType.FP32, SHAPE)));
    private final Quiet[] byRows = new Quiet[MOST_ROWS + 1];

    QuietModel() {
      for (int rows = 1; rows <= MOST_ROWS; rows++) {
        var memory = ByteBuffer.allocateDirect(rows * NUMBERS * Float.BYTES);
        var shape = Shape.of(rows, NUMBERS);
        var output = new Tensor("y", DataType.FP32, shape, memory.order(ByteOrder.LITTLE_ENDIAN));
        byRows[rows] = new Quiet(List.of(output));
      }
    }

    @Override
    public Signature signature() {
      return signature;
    }

    @Override
    public String device() {
      return "fake";
    }

    @Override
    public BoundBatch bind(List<Tensor> inputs) {
      return byRows[(int) inputs.getFirst().shape().dimension(0)];
    }

    @Override
    public void close() {}
  }

  private record Quiet(List<Tensor> tensors) implements BoundBatch, RunOutputs {
    @Override
    public RunOutputs run() {
      return this;
    }

    @Override
    public void close() {}
  }
}
