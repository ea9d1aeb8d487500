package dev.millrace.serving.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.device.Device;
import dev.millrace.serving.fixture.FixtureModels;
import dev.millrace.serving.runtime.ExecutableModel;
import dev.millrace.serving.runtime.RuntimeSettings;
import dev.millrace.serving.runtime.onnx.OnnxRuntime;
import dev.millrace.serving.scheduling.SchedulerSettings.Order;
import dev.millrace.serving.scheduling.SentRequest.Fate;
import dev.millrace.serving.scheduling.SentRequest.Trouble;
import dev.millrace.serving.telemetry.ServingMeters;
import dev.millrace.serving.time.NanoClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Thousands of random requests from several threads: small and split ones, cancelled ones, ones
 * that fail, ones that find no memory, ones whose deadline passes. Every row carries its caller's
 * number, every caller must be told exactly once, of its own rows or of the very failure that it
 * asked for, and gives its inputs back at that moment.
 */
class RowsNeverCrossCallersTest {
  private static final int WIDTH = 4;
  private static final int MOST_PADDED_WIDTH = 9;
  private static final int THREADS = 3;
  private static final int MAX_BATCH_ROWS = 16;

  private final ExecutorService firstLoop = Executors.newSingleThreadExecutor();
  private final ExecutorService secondLoop = Executors.newSingleThreadExecutor();
  private final List<Executor> homes = List.of(firstLoop, secondLoop, Runnable::run);
  private final List<EchoModel> opened = new CopyOnWriteArrayList<>();
  private final AtomicInteger told = new AtomicInteger();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

  private Supplier<EchoModel> successor = EchoModel::free;
  private PaddingSettings padding = PaddingSettings.NONE;
  private Duration delay = Duration.ZERO;
  private Duration goal = Duration.ZERO;
  private Order order = Order.READY;
  private int inFlight = 40;
  private boolean troubled = true;

  /** Rows are 1 to this long; 0 where all are of the same length. */
  private int widths;

  @AfterEach
  void stopLoops() {
    firstLoop.shutdown();
    secondLoop.shutdown();
  }

  @Test
  void withAModelThatEchoesAndFails() throws Exception {
    run(echoing(EchoModel::free, 2), 40_000);
    assertThat(opened)
        .allSatisfy(
            model ->
                assertThat(model.runs())
                    .allSatisfy(rows -> assertThat(rows.length).isBetween(1, MAX_BATCH_ROWS)));
  }

  @Test
  void withADelayAndOneWorker() throws Exception {
    delay = Duration.ofNanos(200_000);
    run(echoing(EchoModel::free, 1), 3_000);
  }

  /** Few wait at a time, so that the workers sleep and the homes run in their place. */
  @Test
  void inThePlaceOfSleepingWorkers() throws Exception {
    inFlight = 2;
    run(echoing(() -> EchoModel.ofRows(WIDTH), 2), 20_000);
    var threads = opened.stream().flatMap(model -> List.copyOf(model.ranOn()).stream()).toList();
    assertThat(threads).anyMatch(RowsNeverCrossCallersTest::isWorker);
    assertThat(threads.stream().filter(thread -> !isWorker(thread)).count()).isGreaterThan(1_000);
  }

  @Test
  void withALatencyGoal() throws Exception {
    goal = Duration.ofNanos(1_000);
    var fates = run(echoing(() -> EchoModel.ofRows(WIDTH), 2), 10_000);
    assertThat(fates.get(Fate.BEYOND_GOAL)).isPositive();
  }

  @Test
  void inTheOrderOfSubmission() throws Exception {
    order = Order.SUBMITTED;
    run(echoing(EchoModel::free, 2), 20_000);
  }

  @Test
  void withOnnxRuntime(@TempDir Path folder) throws Exception {
    var file = FixtureModels.identity(folder);
    var runtime = new OnnxRuntime();
    troubled = false;
    run(
        List.of(
            runtime.open(file, Device.cpu(), RuntimeSettings.defaults()),
            runtime.open(file, Device.cpu(), RuntimeSettings.defaults())),
        8_000);
  }

  /** Rows differ in length too, and each caller must get rows as long as its own. */
  @Test
  void withRowsPaddedToShareARun() throws Exception {
    widths = MOST_PADDED_WIDTH;
    padding = new PaddingSettings(Map.of("x", (double) EchoModel.PADDING), List.of("y"));
    delay = Duration.ofNanos(100_000);
    run(echoing(EchoModel::free, 2), 20_000);
    assertThat(opened).anySatisfy(model -> assertThat(model.padded()).isPositive());
  }

  private static boolean isWorker(Thread thread) {
    return thread.getName().startsWith("worker-");
  }

  private List<EchoModel> echoing(Supplier<EchoModel> kind, int count) {
    for (int i = 0; i < count; i++) {
      opened.add(kind.get());
    }
    successor = kind;
    return List.copyOf(opened);
  }

  /** A device that found no memory gets another copy. */
  private Optional<ExecutableModel> replace(ExecutableModel broken) {
    broken.close();
    var other = successor.get();
    opened.add(other);
    return Optional.of(other);
  }

  private Map<Fate, Integer> run(List<? extends ExecutableModel> models, int perThread)
      throws Exception {
    var sent = new ArrayList<List<SentRequest>>();
    var meters = new ServingMeters(registry, NanoClock.SYSTEM).open("echo", "1");
    var context =
        new SchedulerContext(
            meters, NanoClock.SYSTEM, DeviceShares.UNSHARED, (broken, _) -> replace(broken));
    var scheduler =
        ModelScheduler.startWarm(
            models, settings(), context, Duration.ofSeconds(20), Runnable::run);
    try (scheduler;
        var threads = Executors.newFixedThreadPool(THREADS)) {
      var senders = new ArrayList<Future<List<SentRequest>>>();
      for (int i = 0; i < THREADS; i++) {
        int first = i * perThread;
        senders.add(threads.submit(() -> send(scheduler, first, perThread)));
      }
      for (var sender : senders) {
        sent.add(sender.get());
      }
    }
    var fates = fates(sent);
    checkCounts(fates);
    sent.forEach(this::checkOrder);
    assertThat(scheduler.pendingRows()).isZero();
    assertThat(opened).allSatisfy(model -> assertThat(model.held()).isZero());
    assertThat(opened).allSatisfy(model -> assertThat(model.garbage()).isZero());
    return fates;
  }

  private SchedulerSettings settings() {
    return new SchedulerSettings(
        MAX_BATCH_ROWS,
        List.of(),
        delay,
        goal,
        QueueSettings.of(100_000, 2, 2),
        padding,
        order,
        Duration.ofSeconds(20));
  }

  private Map<Fate, Integer> fates(List<List<SentRequest>> sent) throws InterruptedException {
    var outOfMemory = new HashSet<Integer>();
    opened.forEach(model -> outOfMemory.addAll(model.outOfMemory()));
    var fates = new EnumMap<Fate, Integer>(Fate.class);
    for (var bySender : sent) {
      for (var request : bySender) {
        fates.merge(request.fate(outOfMemory, !goal.isZero()), 1, Integer::sum);
      }
    }
    return fates;
  }

  private void checkCounts(Map<Fate, Integer> fates) {
    assertThat(fates).containsKeys(Fate.ANSWERED, Fate.LATE, Fate.CANCELLED);
    if (troubled) {
      assertThat(fates).containsKeys(Fate.BROKEN, Fate.OUT_OF_MEMORY);
    }
    assertThat(registry.get("nv_inference_request_success").gauge().value())
        .isEqualTo(count(fates, Fate.ANSWERED));
    assertThat(failed("CANCELED")).isEqualTo(count(fates, Fate.CANCELLED));
    assertThat(failed("BACKEND")).isEqualTo(count(fates, Fate.BROKEN, Fate.OUT_OF_MEMORY));
    assertThat(failed("REJECTED")).isEqualTo(count(fates, Fate.LATE, Fate.BEYOND_GOAL));
    assertThat(failed("OTHER")).isZero();
  }

  private double failed(String reason) {
    return registry.get("nv_inference_request_failure").tag("reason", reason).gauge().value();
  }

  private static double count(Map<Fate, Integer> fates, Fate... counted) {
    double sum = 0;
    for (var fate : counted) {
      sum += fates.getOrDefault(fate, 0);
    }
    return sum;
  }

  /** Where order is kept, each home hears of one sender's requests as they were sent. */
  private void checkOrder(List<SentRequest> bySender) {
    var last = new HashMap<Executor, Integer>();
    for (var request : bySender) {
      int place = request.caller().place();
      var before = last.put(request.caller().home(), place);
      if (order == Order.SUBMITTED && before != null) {
        assertThat(place).as("%s", request).isGreaterThan(before);
      }
    }
  }

  /** Waits for the outcome of the request a while before, so that workers sleep now and then. */
  private List<SentRequest> send(ModelScheduler scheduler, int first, int count)
      throws InterruptedException {
    var random = new SplittableRandom(first);
    var sent = new ArrayList<SentRequest>();
    for (int number = first; number < first + count; number++) {
      var request = request(number, random);
      request.submit(scheduler, random.nextInt(4));
      if (random.nextInt(20) == 0) {
        request.caller().cancel();
      }
      sent.add(request);
      if (sent.size() > inFlight) {
        sent.get(sent.size() - inFlight).caller().outcome();
      }
    }
    return sent;
  }

  private SentRequest request(int number, SplittableRandom random) {
    int rows = random.nextInt(20) == 0 ? random.nextInt(1, 60) : random.nextInt(1, 6);
    int width = widths == 0 ? WIDTH : random.nextInt(1, widths + 1);
    long deadline =
        random.nextInt(10) == 0 ? System.nanoTime() + random.nextInt(300_000) : Long.MAX_VALUE;
    var caller = new Caller(homes.get(random.nextInt(3))).counting(told);
    // A row of one value would lose its number to the trouble.
    var trouble = width == 1 ? Trouble.NONE : trouble(random);
    return new SentRequest(number, rows, width, trouble, deadline, caller);
  }

  private Trouble trouble(SplittableRandom random) {
    int drawn = troubled ? random.nextInt(400) : 400;
    return drawn == 0 ? Trouble.MEMORY : drawn < 8 ? Trouble.POISON : Trouble.NONE;
  }
}
