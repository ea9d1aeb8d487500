package dev.millrace.serving.scheduling;

import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.fixture.Tensors;
import dev.millrace.serving.telemetry.ServingMeters;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Tensor;
import dev.millrace.serving.time.NanoClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Queues, assembles, runs nothing and hands back, for rows of 784 numbers. Run by jmh.sh. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class SchedulingBenchmark {
  private static final int NUMBERS = 784;
  private static final int REQUESTS = 64;

  private final EchoModel model = EchoModel.free();
  private final BatchInputs inputs = new BatchInputs(model, null);
  private final List<Part> parts = new ArrayList<>();
  private final List<Tensor> outputs =
      List.of(Tensors.floats("y", Shape.of(REQUESTS, 10), new float[REQUESTS * 10]));
  private final Tensor row = Tensors.row("x", new float[NUMBERS]);
  private final ModelScheduler scheduler =
      ModelScheduler.start(
          List.of(EchoModel.free()),
          SchedulerSettings.defaults(),
          SchedulerContext.alone(
              new ServingMeters(new SimpleMeterRegistry(), NanoClock.SYSTEM).open("echo", "1"),
              NanoClock.SYSTEM));

  /** Makes the parts that are assembled. */
  public SchedulingBenchmark() {
    for (int i = 0; i < REQUESTS; i++) {
      parts.add(Part.whole(request(Caller.direct()), 0));
    }
  }

  /** Copies 64 rows into one batch. */
  @Benchmark
  public void assemble() {
    inputs.release(inputs.prepare(parts, REQUESTS), REQUESTS);
  }

  /** Cuts the answers of one of 64 callers. */
  @Benchmark
  public List<Tensor> cut() {
    return OutputRows.cut(outputs, 7, 1);
  }

  /** 64 requests through the queue and the worker, answered by a model that copies. */
  @Benchmark
  public long submitAndAnswer() throws InterruptedException {
    var answered = new CountDownLatch(REQUESTS);
    var outcome = new Counting(answered);
    for (int i = 0; i < REQUESTS; i++) {
      scheduler.submit(request(outcome));
    }
    if (!answered.await(10, TimeUnit.SECONDS)) {
      throw new IllegalStateException("No answer: " + answered.getCount() + " are missing");
    }
    return answered.getCount();
  }

  /** Ends the worker. */
  @TearDown
  public void close() {
    inputs.close();
    model.close();
    scheduler.close();
  }

  private ScheduledRequest request(Outcome outcome) {
    return new ScheduledRequest(List.of(row), 1, List.of(), Long.MAX_VALUE, 0, outcome);
  }

  private record Counting(CountDownLatch answered) implements Outcome {
    @Override
    public Executor home() {
      return Runnable::run;
    }

    @Override
    public void completed(BatchResult result) {
      result.close();
      answered.countDown();
    }

    @Override
    public void failed(InferenceFailure failure) {
      throw new IllegalStateException(failure.message());
    }

    @Override
    public boolean cancelled() {
      return false;
    }
  }
}
