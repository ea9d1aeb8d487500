package dev.millrace.serving.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.scheduling.EnsemblePlan.Result;
import dev.millrace.serving.scheduling.EnsemblePlan.Step;
import dev.millrace.serving.scheduling.EnsemblePlan.Use;
import dev.millrace.serving.telemetry.ModelMeters;
import dev.millrace.serving.telemetry.ServingMeters;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Tensor;
import dev.millrace.serving.tensor.TensorSpec;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Requests of an ensemble whose steps answer when they are told to, with their input plus one. */
class EnsembleSchedulerTest {
  private final AtomicLong now = new AtomicLong(1);
  private final ModelMeters meters =
      new ServingMeters(new SimpleMeterRegistry(), now::get).open("e", "1");
  private final Steps steps = new Steps();

  @Test
  void asksEachStepOnceItsInputIsThereAndAnswersWithTheLast() {
    var client = submit(chain("a", "b", "c"), 5);
    assertThat(steps.names()).containsExactly("a");
    steps.answer("a");
    assertThat(steps.names()).containsExactly("b");
    steps.answer("b");
    steps.answer("c");
    assertThat(client.answer()).isEqualTo(8);
    assertThat(client.outputs().getFirst().name()).isEqualTo("out");
  }

  @Test
  void asksStepsThatDoNotNeedEachOtherAtTheSameTime() {
    var client = submit(diamond(), 5);
    steps.answer("first");
    assertThat(steps.names()).containsExactlyInAnyOrder("left", "right");
    steps.answer("right");
    assertThat(steps.names()).containsExactly("left");
    steps.answer("left");
    assertThat(steps.asked("join").inputs()).extracting(Tensor::name).containsExactly("x", "y");
    steps.answer("join");
    assertThat(client.answer()).isEqualTo(8);
  }

  @Test
  void passesOnWhatTheRequestSaysBesideItsTensors() {
    var tag = new SequenceTag(new SequenceTag.NumberId(7), true, false);
    var client = new Client();
    scheduler(chain("a"))
        .submit(
            new ScheduledRequest(
                List.of(number(1)), 1, List.of(), 99, 3, client, tag, CacheUse.NONE));
    var asked = steps.asked("a");
    assertThat(asked.deadlineNanos()).isEqualTo(99);
    assertThat(asked.priority()).isEqualTo(3);
    assertThat(asked.sequence()).isEqualTo(tag);
    assertThat(asked.cacheUse()).isEqualTo(CacheUse.NONE);
    assertThat(steps.waiting.getFirst().outcome().home()).isSameAs(client.home());
  }

  @Test
  void keepsAnswersOfStepsOpenNoLongerThanTheyAreRead() {
    var client = submit(chain("a", "b", "c"), 5);
    var a = steps.answer("a");
    assertThat(a.closed).isZero();
    var b = steps.answer("b");
    assertThat(a.closed).isOne();
    var c = steps.answer("c");
    assertThat(b.closed).isOne();
    assertThat(c.closed).isZero();
    client.close();
    client.close();
    assertThat(c.closed).isOne();
  }

  @Test
  void tellsTheFirstFailureWithItsKindAndPlace() {
    var client = submit(chain("a", "b"), 5);
    var a = steps.answer("a");
    steps.fail("b", new InferenceFailure.Overloaded("The queue is full."));
    assertThat(client.failure())
        .isEqualTo(
            new InferenceFailure.Overloaded("in ensemble 'e', step 'b': The queue is full."));
    assertThat(a.closed).isOne();
    assertThat(meters.statistics().fail().count()).isOne();
  }

  @Test
  void isNotReadyWhereTheModelOfAStepIsNotThere() {
    var client = submit(chain("a"), 5);
    steps.fail("a", new InferenceFailure.NotFound("unknown"));
    assertThat(client.failure()).isInstanceOf(InferenceFailure.NotReady.class);
  }

  @Test
  void tellsOfAFailureAtOnceAndClosesWhatComesLate() {
    var client = submit(diamond(), 5);
    var first = steps.answer("first");
    steps.fail("left", new InferenceFailure.TimedOut("late"));
    assertThat(client.failure()).isInstanceOf(InferenceFailure.TimedOut.class);
    assertThat(steps.waiting.getFirst().outcome().cancelled()).isTrue();
    assertThat(first.closed).as("'right' still reads it").isZero();
    var right = steps.answer("right");
    assertThat(right.closed).isOne();
    assertThat(first.closed).isOne();
    assertThat(steps.names()).isEmpty();
    assertThat(client.told).isOne();
  }

  /** The client may reuse the memory of his request as soon as he has heard. */
  @Test
  void waitsWithAFailureForStepsThatReadTheRequest() {
    var client = submit(twoAtOnce(), 5);
    steps.fail("a", new InferenceFailure.Broken("no"));
    assertThat(client.told).isZero();
    steps.fail("b", new InferenceFailure.Cancelled("cancelled"));
    assertThat(client.failure()).isInstanceOf(InferenceFailure.Broken.class);
  }

  @Test
  void asksNoStepForAClientWhoWentAway() {
    var client = submit(chain("a", "b"), 5);
    client.gone = true;
    assertThat(steps.waiting.getFirst().outcome().cancelled()).isTrue();
    var a = steps.answer("a");
    assertThat(steps.names()).isEmpty();
    assertThat(client.failure()).isInstanceOf(InferenceFailure.Cancelled.class);
    assertThat(a.closed).isOne();
  }

  @Test
  void goesThroughManyStepsThatAnswerAtOnceOnAFlatStack() {
    var names = new String[1_000];
    for (int i = 0; i < names.length; i++) {
      names[i] = "s" + i;
    }
    steps.atOnce = true;
    var client = submit(chain(names), 0);
    assertThat(client.answer()).isEqualTo(1_000);
    assertThat(steps.deepest).isLessThan(100);
    client.close();
    assertThat(steps.given).allMatch(answer -> answer.closed == 1);
  }

  @Test
  void answersWithTheOutputsWantedAndLetsGoOfTheOthers() {
    var client = new Client();
    scheduler(twoResults())
        .submit(new ScheduledRequest(List.of(number(1)), 1, List.of(1), Long.MAX_VALUE, 0, client));
    var a = steps.answer("a");
    var b = steps.answer("b");
    assertThat(client.outputs()).extracting(Tensor::name).containsExactly("second");
    assertThat(a.closed).isOne();
    assertThat(b.closed).isZero();
  }

  @Test
  void givesATensorOfOneRowToModelsWithAndWithoutRows() {
    var plan =
        new EnsemblePlan(
            "e",
            1,
            2,
            List.of(step("a", List.of(new Use(0, "x", 2)), 1)),
            List.of(new Result(1, spec("out", 1))),
            1);
    var client = submit(plan, 4);
    assertThat(steps.asked("a").inputs().getFirst().shape()).isEqualTo(Shape.of(1, 1));
    steps.answer("a");
    assertThat(client.outputs().getFirst().shape()).isEqualTo(Shape.of(1));
  }

  @Test
  void failsWhereAnOutputIsNotWhatTheEnsembleDeclares() {
    var plan =
        new EnsemblePlan(
            "e",
            1,
            2,
            List.of(step("a", List.of(new Use(0, "x", 1)), 1)),
            List.of(new Result(1, new TensorSpec("out", DataType.INT64, Shape.of(7)))),
            1);
    var client = submit(plan, 4);
    var a = steps.answer("a");
    assertThat(client.failure())
        .isInstanceOf(InferenceFailure.Broken.class)
        .extracting(InferenceFailure::message)
        .asString()
        .contains("output 'out' came as INT64 [1], but its configuration says INT64 [7]");
    assertThat(a.closed).isOne();
  }

  @Test
  void survivesModelsThatBreakTheirPromise() {
    var client = new Client();
    new EnsembleScheduler(
            chain("a"),
            (_, _) -> {
              throw new IllegalStateException("broken on purpose");
            },
            meters,
            now::get)
        .submit(request(3, client));
    assertThat(client.failure()).isInstanceOf(InferenceFailure.Broken.class);
  }

  @Test
  void refusesEnsemblesThatMayAskThemselves() {
    var client = new Client();
    for (int i = 0; i < EnsembleScheduler.MOST_DEPTH; i++) {
      client.nesting = Nesting.within(client.nesting);
    }
    scheduler(chain("a")).submit(request(1, client));
    assertThat(client.failure().message()).contains("may depend on itself");
    client.nesting = Nesting.within(null);
    scheduler(chain("a")).submit(request(1, client));
    var asked = Objects.requireNonNull(steps.waiting.getFirst().outcome().nesting());
    assertThat(asked.depth()).isEqualTo(2);
  }

  @Test
  void refusesWhatBecomesTooManyRequestsWithThoseOfOtherEnsembles() {
    var outer = Nesting.within(null);
    assertThat(outer.split(EnsembleScheduler.MOST_REQUESTS - 2)).isTrue();
    var third = new Client();
    third.nesting = outer;
    scheduler(chain("a", "b", "c")).submit(request(1, third));
    assertThat(steps.names()).containsExactly("a");
    var second = new Client();
    second.nesting = outer;
    scheduler(chain("d", "e")).submit(request(1, second));
    assertThat(second.failure().message())
        .contains("with ensemble 'e' a request becomes more than 1024 requests of models");
    assertThat(steps.names()).containsExactly("a");
  }

  @Test
  void refusesRequestsOnceItIsClosed() {
    var scheduler = scheduler(chain("a"));
    scheduler.close();
    var client = new Client();
    scheduler.submit(request(1, client));
    assertThat(client.failure()).isInstanceOf(InferenceFailure.NotReady.class);
  }

  @Test
  void addsUpTheTimesOfItsSteps() {
    var client = submit(chain("a", "b"), 5);
    now.addAndGet(1_000);
    steps.answer("a");
    steps.answer("b");
    assertThat(client.result().timings().computeNanos()).isEqualTo(14);
    var statistics = meters.statistics();
    assertThat(statistics.success().count()).isOne();
    assertThat(statistics.success().nanos()).isEqualTo(1_000);
    assertThat(statistics.executionCount()).isOne();
    assertThat(statistics.computeInfer().nanos()).isEqualTo(14);
  }

  private EnsembleScheduler scheduler(EnsemblePlan plan) {
    return new EnsembleScheduler(plan, steps, meters, now::get);
  }

  private Client submit(EnsemblePlan plan, long value) {
    var client = new Client();
    scheduler(plan).submit(request(value, client));
    return client;
  }

  private static ScheduledRequest request(long value, Client client) {
    return new ScheduledRequest(List.of(number(value)), 1, List.of(), Long.MAX_VALUE, 0, client);
  }

  private static EnsemblePlan chain(String... names) {
    var all = new ArrayList<Step>();
    for (int i = 0; i < names.length; i++) {
      all.add(step(names[i], List.of(new Use(i, "x", 1)), i + 1));
    }
    return plan(names.length + 1, all, new Result(names.length, spec("out", 1)));
  }

  private static EnsemblePlan diamond() {
    return plan(
        5,
        List.of(
            step("join", List.of(new Use(2, "x", 1), new Use(3, "y", 1)), 4),
            step("right", List.of(new Use(1, "x", 1)), 3),
            step("left", List.of(new Use(1, "x", 1)), 2),
            step("first", List.of(new Use(0, "x", 1)), 1)),
        new Result(4, spec("out", 1)));
  }

  private static EnsemblePlan twoAtOnce() {
    return plan(
        3,
        List.of(
            step("a", List.of(new Use(0, "x", 1)), 1), step("b", List.of(new Use(0, "x", 1)), 2)),
        new Result(1, spec("out", 1)),
        new Result(2, spec("other", 1)));
  }

  private static EnsemblePlan twoResults() {
    return plan(
        3,
        List.of(
            step("a", List.of(new Use(0, "x", 1)), 1), step("b", List.of(new Use(1, "x", 1)), 2)),
        new Result(1, spec("first", 1)),
        new Result(2, spec("second", 1)));
  }

  private static EnsemblePlan plan(int tensors, List<Step> all, Result... results) {
    return new EnsemblePlan("e", 1, tensors, all, List.of(results), all.size());
  }

  private static Step step(String model, List<Use> takes, int makes) {
    return new Step(model, null, takes, List.of(makes), List.of("y"));
  }

  private static TensorSpec spec(String name, int rank) {
    return new TensorSpec(name, DataType.INT64, Shape.of(new long[rank]).withRows(Shape.ANY));
  }

  private static Tensor number(long value) {
    return number("in", value, Shape.of(1));
  }

  private static Tensor number(String name, long value, Shape shape) {
    var data = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(0, value);
    return new Tensor(name, DataType.INT64, shape, data);
  }

  /** The models of the steps. */
  private static final class Steps implements StepModels {
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
    private final List<Answer> given = new ArrayList<>();
    private boolean atOnce;
    private int deepest;

    private record Waiting(StepRequest request, Outcome outcome) {}

    @Override
    public void ask(StepRequest request, Outcome outcome) {
      waiting.add(new Waiting(request, outcome));
      if (atOnce) {
        deepest = Math.max(deepest, new Throwable().getStackTrace().length);
        answer(request.model());
      }
    }

    List<String> names() {
      return waiting.stream().map(one -> one.request().model()).toList();
    }

    StepRequest asked(String model) {
      return find(model).request();
    }

    private Waiting find(String model) {
      return waiting.stream()
          .filter(one -> one.request().model().equals(model))
          .findFirst()
          .orElseThrow();
    }

    Answer answer(String model) {
      var step = find(model);
      waiting.remove(step);
      var input = step.request().inputs().getFirst();
      var answer = new Answer(number("y", input.data().getLong(0) + 1, input.shape()));
      given.add(answer);
      step.outcome().completed(answer);
      return answer;
    }

    void fail(String model, InferenceFailure failure) {
      var step = find(model);
      waiting.remove(step);
      step.outcome().failed(failure);
    }
  }

  private static final class Answer implements BatchResult {
    private final Tensor output;
    private int closed;

    Answer(Tensor output) {
      this.output = output;
    }

    @Override
    public List<Tensor> outputs() {
      assertThat(closed).as("read after it was closed").isZero();
      return List.of(output);
    }

    @Override
    public BatchTimings timings() {
      return new BatchTimings(3, 5, 7, 1);
    }

    @Override
    public void close() {
      closed++;
    }
  }

  private static final class Client implements Outcome {
    private final Executor home = Runnable::run;
    private @Nullable BatchResult result;
    private @Nullable InferenceFailure failure;
    private boolean gone;
    private @Nullable Nesting nesting;
    private int told;

    @Override
    public Executor home() {
      return home;
    }

    @Override
    public void completed(BatchResult answer) {
      told++;
      result = answer;
    }

    @Override
    public void failed(InferenceFailure reason) {
      told++;
      failure = reason;
    }

    @Override
    public boolean cancelled() {
      return gone;
    }

    @Override
    public @Nullable Nesting nesting() {
      return nesting;
    }

    BatchResult result() {
      assertThat(failure).isNull();
      return Objects.requireNonNull(result);
    }

    List<Tensor> outputs() {
      return result().outputs();
    }

    long answer() {
      return outputs().getFirst().data().getLong(0);
    }

    InferenceFailure failure() {
      assertThat(result).isNull();
      return Objects.requireNonNull(failure);
    }

    void close() {
      result().close();
    }
  }
}
