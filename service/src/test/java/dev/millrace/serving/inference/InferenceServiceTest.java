package dev.millrace.serving.inference;

import static dev.millrace.serving.fake.FakeEngine.candidate;
import static dev.millrace.serving.fake.FakeEngine.pair;
import static dev.millrace.serving.fake.FakeEngine.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.fake.FakeEngine;
import dev.millrace.serving.telemetry.FailureReason;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.tensor.Tensor;
import dev.millrace.serving.tensor.TensorSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class InferenceServiceTest {
  /** Two inputs and two outputs with open rows, and text. */
  private static final Signature SIGNATURE =
      new Signature(
          List.of(
              new TensorSpec("x", DataType.FP32, Shape.of(-1, 2)),
              new TensorSpec("name", DataType.BYTES, Shape.of(-1, 1))),
          List.of(
              new TensorSpec("y", DataType.FP32, Shape.of(-1, 2)),
              new TensorSpec("z", DataType.FP32, Shape.of(-1, 2))));

  private final FakeEngine engine = new FakeEngine(SIGNATURE);

  @BeforeEach
  void serve() {
    engine.rollout().serve(candidate("m", "1", "3"));
  }

  @AfterEach
  void everyLeaseIsBack() {
    FakeEngine.await(() -> engine.catalog().inFlight() == 0);
    engine.close();
  }

  @Test
  void takesInputsInAnyOrder() {
    var inputs = List.of(text("name", 1, "a"), pair("x", 1, 2));
    try (var answer = infer(inputs)) {
      assertThat(answer.outputs()).extracting(Tensor::name).containsExactly("y", "z");
      assertThat(answer.outputs().getFirst().data().getFloat(4)).isEqualTo(6);
      assertThat(answer.model()).isEqualTo("m");
      assertThat(answer.timings().batchRows()).isPositive();
    }
  }

  @Test
  void countsAnUnreadableRequestWithItsModelOrWithNobody() {
    engine.inference().countUnreadable("m", null);
    engine.inference().countUnreadable("m", "1");
    engine.inference().countUnreadable("m", "7");
    engine.inference().countUnreadable("nobody", null);
    assertThat(engine.catalog().traffic("m").failure()).isEqualTo(2);
    assertThat(unserved(FailureReason.OTHER)).isEqualTo(2);
  }

  @Test
  void countsRequestsForWhatIsNotServedUnderOneNameOnly() {
    for (var unknown : List.of(request("nobody", 1, 2), request("m", "7", List.of()))) {
      assertThatThrownBy(() -> engine.inference().inferAndWait(unknown, FakeEngine.LIMIT))
          .isInstanceOf(InferenceException.class);
    }
    engine.inference().countRefused("elsewhere", "1", FailureReason.REJECTED);
    engine.inference().countRefused("m", "1", FailureReason.CANCELED);
    assertThat(unserved(FailureReason.OTHER)).isEqualTo(2);
    assertThat(unserved(FailureReason.REJECTED)).isEqualTo(1);
    assertThat(engine.catalog().traffic("m").failure()).isEqualTo(1);
  }

  private double unserved(FailureReason reason) {
    return engine.metered(
        "nv_inference_request_failure", "model", "-", "version", "-", "reason", reason.name());
  }

  @Test
  void givesTheOutputsAskedForInTheirOrder() {
    try (var answer = engine.inference().inferAndWait(asking("z", "y"), FakeEngine.LIMIT)) {
      assertThat(answer.outputs()).extracting(Tensor::name).containsExactly("z", "y");
    }
    try (var answer = engine.inference().inferAndWait(asking("z"), FakeEngine.LIMIT)) {
      assertThat(answer.outputs()).extracting(Tensor::name).containsExactly("z");
    }
  }

  @Test
  void refusesOutputsThatTheModelHasNotOrThatAreAskedForTwice() {
    assertRefused(
        asking("o"),
        "unexpected inference output 'o' for model 'm'. The model has the outputs ['y','z'].");
    assertRefused(asking("y", "y"), "output 'y' already exists in request.");
  }

  @Test
  void saysWhichInputsAreMissing() {
    assertRefused(
        List.of(pair("x", 1, 2)),
        "expected 2 inputs but got 1 inputs for model 'm'. Got input(s) ['x'], but missing required input(s) ['name']. Please provide all required input(s).");
    assertRefused(List.of(), "expected 2 inputs but got 0 inputs for model 'm'. Got input(s) []");
  }

  @Test
  void refusesUnknownAndRepeatedInputs() {
    assertRefused(
        List.of(pair("x", 1, 2), pair("extra", 1, 2)),
        "unexpected inference input 'extra' for model 'm'. The model has the inputs ['x','name'].");
    assertRefused(
        List.of(pair("x", 1, 2), pair("x", 1, 2)), "input 'x' already exists in request.");
  }

  @Test
  void refusesAnotherDatatype() {
    var wrong = new Tensor("x", DataType.INT64, Shape.of(1, 2), bytes(16));
    assertRefused(
        List.of(wrong, text("name", 1, "a")),
        "inference input 'x' data-type is 'INT64', but model 'm' expects 'FP32'.");
  }

  @Test
  void refusesAnotherShape() {
    assertShapeRefused(Shape.of(3, 4), "[3,4]");
    assertShapeRefused(Shape.of(2), "[2]");
    assertShapeRefused(Shape.of(1, 2, 1), "[1,2,1]");
    assertShapeRefused(Shape.of(-1, 2), "[-1,2]");
  }

  private void assertShapeRefused(Shape shape, String shown) {
    assertRefused(
        List.of(new Tensor("x", DataType.FP32, shape, bytes(8)), text("name", 1, "a")),
        "unexpected shape for input 'x' for model 'm'. Expected [-1,2], got " + shown + ".");
  }

  @Test
  void refusesDataOfAnotherSizeThanTheShape() {
    assertRefused(
        List.of(new Tensor("x", DataType.FP32, Shape.of(2, 2), bytes(12)), text("name", 2, "a")),
        "input byte size mismatch for input 'x' for model 'm'. Expected 16, got 12.");
  }

  @Test
  void countsBytesInSixtyFourBits() {
    // 2^62 rows of 2 floats are 2^65 bytes, which wraps to 0 in 64 bits.
    assertRefused(
        List.of(
            new Tensor("x", DataType.FP32, Shape.of(1L << 62, 2), bytes(0)), text("name", 1, "a")),
        "input byte size mismatch for input 'x' for model 'm'. Expected more than 2^63, got 0.");
  }

  @Test
  void refusesRowsThatDiffer() {
    assertRefused(
        List.of(pair("x", 1, 2), text("name", 2, "a", "b")),
        "input 'name' batch size does not match other inputs for 'm'. It has 2 rows, and 'x' has 1");
  }

  @Test
  void answersMoreRowsThanOneRunTakes() {
    var many = new String[65];
    Arrays.fill(many, "");
    var rows = new Tensor("x", DataType.FP32, Shape.of(65, 2), bytes(65 * 8).putFloat(64 * 8, 2));
    try (var answer = infer(List.of(rows, text("name", 65, many)))) {
      assertThat(answer.outputs().getFirst().shape()).isEqualTo(Shape.of(65, 2));
      assertThat(answer.outputs().getFirst().data().getFloat(64 * 8)).isEqualTo(6);
    }
  }

  @Test
  void refusesTextThatIsCutOrMiscounted() {
    var cutLength = new Tensor("name", DataType.BYTES, Shape.of(1, 1), bytes(3));
    assertRefused(
        List.of(pair("x", 1, 2), cutLength),
        "incomplete string length indicator for inference input 'name' for model 'm', expecting 4 bytes but only 3 bytes available.");
    var cut = new Tensor("name", DataType.BYTES, Shape.of(1, 1), bytes(6).putInt(0, -1));
    assertRefused(
        List.of(pair("x", 1, 2), cut),
        "incomplete string data for inference input 'name' for model 'm', string 0 has 4294967295 bytes");
    assertRefused(
        List.of(pair("x", 1, 2), text("name", 1, "a", "b")),
        "expected 1 string elements for inference input 'name' for model 'm', got 2.");
  }

  @Test
  void countsRefusedRequestsAsFailures() {
    assertRefused(List.of(), "expected 2 inputs");
    assertThat(engine.catalog().traffic("m").failure()).isEqualTo(1);
  }

  @Test
  void tellsAnUnknownModelFromAnUnknownVersion() {
    assertThatThrownBy(
            () -> engine.inference().inferAndWait(request("nobody", 1, 2), FakeEngine.LIMIT))
        .hasMessageStartingWith("Request for unknown model: 'nobody' is not found");
    assertThatThrownBy(
            () -> engine.inference().inferAndWait(request("m", "3", List.of()), FakeEngine.LIMIT))
        .hasMessageStartingWith("Request for unknown model: 'm' version 3 is not found");
  }

  @Test
  void repliesOnTheHomeOfTheReplyWhateverTheOutcome() throws InterruptedException {
    var home = new LinkedBlockingQueue<Runnable>();
    var fine = new Recorder(home::add);
    engine.inference().infer(request("m", null, twoInputs()), fine);
    var answered = home.poll(10, TimeUnit.SECONDS);
    assertThat(fine.seen).isEmpty();
    runAll(home, answered);
    assertThat(fine.seen).containsExactly("answered 1");

    var bad = new Recorder(home::add);
    engine.inference().infer(request("nobody", null, List.of()), bad);
    assertThat(bad.seen).isEmpty();
    runAll(home, home.poll(10, TimeUnit.SECONDS));
    assertThat(bad.seen).singleElement().asString().startsWith("failed Request for unknown model");
  }

  @Test
  void givesTheLeaseBackWhenTheProtocolBreaksOnAnAnswer() {
    engine
        .inference()
        .infer(
            request("m", null, twoInputs()),
            new Recorder(Runnable::run) {
              @Override
              public void answered(InferenceAnswer answer) {
                throw new IllegalStateException("a bug in a protocol");
              }
            });
    FakeEngine.await(() -> engine.catalog().inFlight() == 0);
  }

  @Test
  void givesTheLeaseBackWhenThereIsNoMemoryForAnAnswer() {
    engine
        .inference()
        .infer(
            request("m", null, twoInputs()),
            new Recorder(Runnable::run) {
              @Override
              public void answered(InferenceAnswer answer) {
                throw new OutOfMemoryError("no slab");
              }
            });
    FakeEngine.await(() -> engine.catalog().inFlight() == 0);
  }

  @Test
  void repliesAndGivesTheLeaseBackWhenARequestRunsOutOfMemory() {
    var unreadable =
        new AbstractList<Tensor>() {
          @Override
          public Tensor get(int index) {
            throw new OutOfMemoryError("no slab");
          }

          @Override
          public int size() {
            return 2;
          }
        };
    var reply = new Recorder(Runnable::run);
    engine.inference().infer(request("m", null, unreadable), reply);
    assertThat(reply.seen).containsExactly("failed The server failed to handle this request.");
    assertThat(engine.catalog().inFlight()).isZero();
  }

  @Test
  void closesAnAnswerMoreThanOnceWithoutHarm() {
    var answer = infer(twoInputs());
    assertThat(engine.catalog().inFlight()).isEqualTo(1);
    answer.close();
    answer.close();
    assertThat(engine.catalog().inFlight()).isZero();
  }

  /** Runs this task and those it leads to until the reply came; wake-ups come this way too. */
  private static void runAll(LinkedBlockingQueue<Runnable> home, Runnable first)
      throws InterruptedException {
    for (var task = first; task != null; task = home.poll(200, TimeUnit.MILLISECONDS)) {
      task.run();
    }
  }

  private static class Recorder implements InferenceReply {
    private final Executor home;
    final List<String> seen = new ArrayList<>();

    Recorder(Executor home) {
      this.home = home;
    }

    @Override
    public Executor home() {
      return home;
    }

    @Override
    public void answered(InferenceAnswer answer) {
      seen.add("answered " + answer.version());
      answer.close();
    }

    @Override
    public void failed(InferenceFailure failure) {
      seen.add("failed " + failure.message());
    }
  }

  private void assertRefused(List<Tensor> inputs, String message) {
    assertRefused(request("m", null, inputs), message);
  }

  private void assertRefused(InferenceRequest request, String message) {
    assertThatThrownBy(() -> engine.inference().inferAndWait(request, FakeEngine.LIMIT))
        .hasMessageStartingWith(message)
        .asInstanceOf(type(InferenceException.class))
        .extracting(InferenceException::failure)
        .isInstanceOf(InferenceFailure.Invalid.class);
  }

  private InferenceAnswer infer(List<Tensor> inputs) {
    return engine.inference().inferAndWait(request("m", null, inputs), FakeEngine.LIMIT);
  }

  private static InferenceRequest asking(String... outputs) {
    return new InferenceRequest("m", null, twoInputs(), List.of(outputs), Long.MAX_VALUE, 0);
  }

  private static List<Tensor> twoInputs() {
    return List.of(pair("x", 1, 2), text("name", 1, "a"));
  }

  private static Tensor text(String name, int rows, String... values) {
    int size = 0;
    for (var value : values) {
      size += Integer.BYTES + value.length();
    }
    var data = bytes(size);
    for (var value : values) {
      data.putInt(value.length()).put(value.getBytes(StandardCharsets.US_ASCII));
    }
    return new Tensor(name, DataType.BYTES, Shape.of(rows, 1), data.flip());
  }

  private static ByteBuffer bytes(int size) {
    return ByteBuffer.allocateDirect(size).order(ByteOrder.LITTLE_ENDIAN);
  }
}
