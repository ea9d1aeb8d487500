package dev.millrace.serving.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.device.Device;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.fixture.FixtureModels;
import dev.millrace.serving.fixture.Tensors;
import dev.millrace.serving.runtime.ExecutableModel;
import dev.millrace.serving.runtime.RuntimeSettings;
import dev.millrace.serving.runtime.onnx.OnnxRuntime;
import dev.millrace.serving.telemetry.ServingMeters;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.time.NanoClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Thousands of random requests from several threads: small and split ones, cancelled ones, ones
 * that fail, ones whose deadline passes. Every row carries its caller's number, and every caller
 * must be told exactly once and see exactly its own rows.
 */
class RowsNeverCrossCallersTest {
  private static final int WIDTH = 4;
  private static final int MOST_PADDED_WIDTH = 9;
  private static final int THREADS = 3;
  private static final int IN_FLIGHT = 40;
  private static final int MAX_BATCH_ROWS = 16;

  private final ExecutorService firstLoop = Executors.newSingleThreadExecutor();
  private final ExecutorService secondLoop = Executors.newSingleThreadExecutor();
  private final List<Executor> homes = List.of(firstLoop, secondLoop, Runnable::run);

  private PaddingSettings padding = PaddingSettings.NONE;

  /** Rows are 1 to this long; 0 where all are of the same length. */
  private int widths;

  @AfterEach
  void stopLoops() {
    firstLoop.shutdown();
    secondLoop.shutdown();
  }

  @Test
  void withAModelThatEchoesAndFails() throws Exception {
    var models = List.of(EchoModel.free(), EchoModel.free());
    run(models, 40_000, true, Duration.ZERO);
    assertThat(models).allSatisfy(model -> assertThat(model.held()).isZero());
    assertThat(models)
        .allSatisfy(
            model ->
                assertThat(model.runs())
                    .allSatisfy(rows -> assertThat(rows.length).isBetween(1, MAX_BATCH_ROWS)));
  }

  @Test
  void withADelayAndOneWorker() throws Exception {
    var model = EchoModel.free();
    run(List.of(model), 2_000, true, Duration.ofNanos(200_000));
    assertThat(model.held()).isZero();
  }

  @Test
  void withOnnxRuntime(@TempDir Path folder) throws Exception {
    var file = FixtureModels.identity(folder);
    var runtime = new OnnxRuntime();
    var models =
        List.of(
            runtime.open(file, Device.cpu(), RuntimeSettings.defaults()),
            runtime.open(file, Device.cpu(), RuntimeSettings.defaults()));
    run(models, 8_000, false, Duration.ZERO);
  }

  /** Rows differ in length too, and each caller must get rows as long as its own. */
  @Test
  void withRowsPaddedToShareARun() throws Exception {
    var models = List.of(EchoModel.free(), EchoModel.free());
    widths = MOST_PADDED_WIDTH;
    padding = new PaddingSettings(Map.of("x", (double) EchoModel.PADDING), List.of("y"));
    run(models, 20_000, true, Duration.ofNanos(100_000));
    assertThat(models).allSatisfy(model -> assertThat(model.held()).isZero());
    assertThat(models).anySatisfy(model -> assertThat(model.padded()).isPositive());
  }

  private void run(
      List<? extends ExecutableModel> models, int perThread, boolean poison, Duration delay)
      throws Exception {
    var settings =
        new SchedulerSettings(
                MAX_BATCH_ROWS, List.of(), delay, 100_000, 2, 2, Duration.ofSeconds(20))
            .withPadding(padding);
    var meters = new ServingMeters(new SimpleMeterRegistry(), NanoClock.SYSTEM).open("echo", "1");
    var scheduler =
        ModelScheduler.start(models, settings, SchedulerContext.alone(meters, NanoClock.SYSTEM));
    var sent = new ArrayList<Sent>();
    try (scheduler;
        var threads = Executors.newFixedThreadPool(THREADS)) {
      var senders = new ArrayList<Future<List<Sent>>>();
      for (int i = 0; i < THREADS; i++) {
        int first = i * perThread;
        senders.add(threads.submit(() -> send(scheduler, first, perThread, poison)));
      }
      for (var sender : senders) {
        sent.addAll(sender.get());
      }
    }
    for (var request : sent) {
      request.check();
    }
    var counted = meters.snapshot();
    assertThat(counted.success() + counted.failure()).isEqualTo(sent.size());
    assertThat(counted.success()).isGreaterThan(sent.size() / 2);
    assertThat(scheduler.pendingRows()).isZero();
  }

  /** Waits for the outcome of the request a while before, so that workers sleep now and then. */
  private List<Sent> send(ModelScheduler scheduler, int first, int count, boolean poison)
      throws InterruptedException {
    var random = new SplittableRandom(first);
    var sent = new ArrayList<Sent>();
    for (int number = first; number < first + count; number++) {
      var request =
          new Sent(number, rows(random), width(random), new Caller(homes.get(random.nextInt(3))));
      boolean poisoned = poison && random.nextInt(50) == 0;
      long deadline =
          random.nextInt(10) == 0 ? System.nanoTime() + random.nextInt(300_000) : Long.MAX_VALUE;
      scheduler.submit(request.scheduled(poisoned, deadline, random.nextInt(4)));
      if (random.nextInt(20) == 0) {
        request.caller.cancel();
      }
      sent.add(request);
      if (sent.size() > IN_FLIGHT) {
        sent.get(sent.size() - IN_FLIGHT).caller.outcome();
      }
    }
    return sent;
  }

  private int width(SplittableRandom random) {
    return widths == 0 ? WIDTH : random.nextInt(1, widths + 1);
  }

  private static int rows(SplittableRandom random) {
    return random.nextInt(20) == 0 ? random.nextInt(1, 60) : random.nextInt(1, 6);
  }

  private record Sent(int number, int rows, int width, Caller caller) {
    ScheduledRequest scheduled(boolean poisoned, long deadlineNanos, int priority) {
      var values = expected();
      if (poisoned) {
        values[values.length - 1] = EchoModel.POISON;
      }
      var input = Tensors.floats("x", Shape.of(rows, width), values);
      return new ScheduledRequest(List.of(input), rows, List.of(), deadlineNanos, priority, caller);
    }

    float[] expected() {
      var values = new float[rows * width];
      for (int i = 0; i < values.length; i++) {
        values[i] = number + i / (float) (1 << 10);
      }
      return values;
    }

    void check() throws InterruptedException {
      if (caller.outcome() instanceof float[] values) {
        assertThat(values).isEqualTo(expected());
      } else {
        assertThat(caller.failure())
            .isInstanceOfAny(
                InferenceFailure.Broken.class,
                InferenceFailure.TimedOut.class,
                InferenceFailure.Cancelled.class);
      }
      assertThat(caller.outcomeCount()).isEqualTo(1);
    }
  }
}
