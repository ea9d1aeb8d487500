package dev.millrace.serving.scheduling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.fake.FakeEngine;
import dev.millrace.serving.fixture.Tensors;
import dev.millrace.serving.runtime.BoundBatch;
import dev.millrace.serving.runtime.ExecutableModel;
import dev.millrace.serving.runtime.RunOutputs;
import dev.millrace.serving.scheduling.ShareLedger.Overlap;
import dev.millrace.serving.telemetry.ServingMeters;
import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.tensor.Tensor;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Schedulers of several models on one device with the real {@link FairDevice}. Time is virtual: it
 * passes only while a model runs, as much as the model takes, and one runs at a time.
 */
@Timeout(60)
class SharedDeviceTest {
  private static final long QUANTUM = 10_000_000;
  private static final long SLOW_RUN = 40_000_000;
  private static final long FAST_RUN = 1_000_000;
  private static final int ROUNDS = 40;

  private final AtomicLong now = new AtomicLong();
  private final FairDevice gpu = new FairDevice(1, Overlap.EXCLUSIVE, QUANTUM, now::get);

  /** The models in the order of their runs. */
  private final List<String> runs = new CopyOnWriteArrayList<>();

  @Test
  void giveAFastAndASlowModelTheirSharesByWeight() throws Exception {
    var left = List.of(new AtomicInteger(60), new AtomicInteger(800));
    try (var slow = start(3, timed("slow", SLOW_RUN, () -> awaitOther(left, 0)));
        var fast = start(1, timed("fast", FAST_RUN, () -> awaitOther(left, 1)))) {
      var slowCallers = submit(slow, 60);
      var fastCallers = submit(fast, 800);
      fastCallers.getLast().answer();
      slowCallers.getLast().answer();
    }
    int both = Math.min(runs.lastIndexOf("slow"), runs.lastIndexOf("fast"));
    assertThat(both).isGreaterThan(400);
    long slowNanos = 0;
    long fastNanos = 0;
    for (var model : runs.subList(0, both)) {
      slowNanos += model.equals("slow") ? SLOW_RUN : 0;
      fastNanos += model.equals("fast") ? FAST_RUN : 0;
      assertThat(slowNanos / 3).isCloseTo(fastNanos, within(SLOW_RUN / 3 + 2 * QUANTUM));
    }
  }

  @Test
  void letAFastModelWaitForTheRunUnderWayAndForNoOther() throws Exception {
    var asked = new CopyOnWriteArrayList<Caller>();
    try (var fast = start(1, timed("fast", FAST_RUN, () -> {}))) {
      var left = List.of(new AtomicInteger(ROUNDS), new AtomicInteger(ROUNDS));
      try (var first = start(1, timed("slow", SLOW_RUN, () -> arrive(fast, asked, left, 0)));
          var second = start(1, timed("slow", SLOW_RUN, () -> arrive(fast, asked, left, 1)))) {
        var answers = new ArrayList<>(submit(first, ROUNDS));
        answers.addAll(submit(second, ROUNDS));
        for (var caller : answers) {
          caller.answer();
        }
        for (var caller : asked) {
          assertThat(caller.answer()).containsExactly(0);
        }
      }
    }
    assertThat(asked).hasSizeGreaterThan(ROUNDS);
    for (int i = 0; i + 1 < runs.size(); i++) {
      if (runs.get(i).equals("asked")) {
        assertThat(runs.get(i + 1)).isEqualTo("fast");
      }
    }
  }

  @Test
  void letGoOfAModelThatIsRetiredBehindARunThatHangs() throws Exception {
    var hung = EchoModel.gated().on("cuda:0");
    var retired = EchoModel.free().on("cuda:0");
    try (var hanging = start(1, hung)) {
      var running = submit(hanging, 1).getFirst();
      hung.awaitStart();
      var behind = start(1, retired, Duration.ofMillis(1));
      var waiting = submit(behind, 1).getFirst();
      FakeEngine.await(() -> gpu.waiting() == 1);
      behind.close();
      assertThat(waiting.failure()).isInstanceOf(InferenceFailure.NotReady.class);
      FakeEngine.await(retired::closed);
      assertThat(gpu.waiting()).isZero();
      assertThat(retired.runs()).isEmpty();
      hung.allow(1);
      assertThat(running.answer()).containsExactly(0);
    }
  }

  /** A run ends no sooner than the other model stands in line, as long as that has work. */
  private void awaitOther(List<AtomicInteger> left, int running) {
    left.get(running).decrementAndGet();
    FakeEngine.await(() -> gpu.waiting() == Math.min(left.get(1 - running).get(), 1));
  }

  /** A request comes while a slow model runs, and stands in line before that run is over. */
  private void arrive(
      ModelScheduler fast, List<Caller> asked, List<AtomicInteger> left, int running) {
    left.get(running).decrementAndGet();
    int inLine = left.get(1 - running).get() > 0 ? 1 : 0;
    // Whoever comes to a device for the first time may go before those who are level with it.
    if (left.stream().allMatch(runsLeft -> runsLeft.get() < ROUNDS)) {
      runs.add("asked");
      asked.add(submit(fast, 1).getFirst());
      inLine++;
    }
    int expected = inLine;
    FakeEngine.await(() -> gpu.waiting() == expected);
  }

  private ModelScheduler start(double weight, ExecutableModel model) {
    return start(weight, model, Duration.ofSeconds(20));
  }

  private ModelScheduler start(double weight, ExecutableModel model, Duration closeLimit) {
    var share = gpu.share(weight, 1);
    var meters = new ServingMeters(new SimpleMeterRegistry(), now::get).open("m", "1");
    return ModelScheduler.start(
        List.of(model),
        new SchedulerSettings(1, List.of(), Duration.ZERO, 10_000, 1, 1, closeLimit),
        new SchedulerContext(meters, now::get, _ -> share, InstanceRepair.NONE));
  }

  private static List<Caller> submit(ModelScheduler scheduler, int requests) {
    var callers = new ArrayList<Caller>();
    for (int i = 0; i < requests; i++) {
      var caller = Caller.direct();
      scheduler.submit(
          new ScheduledRequest(
              List.of(Tensors.row("x", 0)), 1, List.of(), Long.MAX_VALUE, 0, caller));
      callers.add(caller);
    }
    return callers;
  }

  private ExecutableModel timed(String name, long runNanos, Runnable whileItRuns) {
    return new TimedModel(name, runNanos, whileItRuns);
  }

  /** An echo that takes virtual time. */
  private final class TimedModel implements ExecutableModel {
    private final EchoModel echo = EchoModel.free().on("cuda:0");
    private final String name;
    private final long runNanos;
    private final Runnable whileItRuns;

    TimedModel(String name, long runNanos, Runnable whileItRuns) {
      this.name = name;
      this.runNanos = runNanos;
      this.whileItRuns = whileItRuns;
    }

    @Override
    public Signature signature() {
      return echo.signature();
    }

    @Override
    public String device() {
      return echo.device();
    }

    @Override
    public BoundBatch bind(List<Tensor> inputs) {
      var bound = echo.bind(inputs);
      return new BoundBatch() {
        @Override
        public RunOutputs run() {
          runs.add(name);
          whileItRuns.run();
          now.addAndGet(runNanos);
          return bound.run();
        }

        @Override
        public void close() {
          bound.close();
        }
      };
    }

    @Override
    public void close() {
      echo.close();
    }
  }
}
