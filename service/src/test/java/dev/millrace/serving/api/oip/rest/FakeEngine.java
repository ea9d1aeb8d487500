package dev.millrace.serving.api.oip.rest;

import dev.millrace.serving.api.edge.InferEngine;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.inference.InferenceReply;
import dev.millrace.serving.inference.InferenceRequest;
import dev.millrace.serving.lifecycle.ModelDescription;
import dev.millrace.serving.telemetry.FailureReason;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.tensor.Tensor;
import dev.millrace.serving.tensor.TensorSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * Answers every request for model {@code m} with its inputs, on a thread of its own; {@code parked}
 * waits for the test, and what is named after a failure fails so.
 */
final class FakeEngine implements InferEngine {
  private final BlockingQueue<Runnable> parked = new LinkedBlockingQueue<>();
  private final List<FakeAnswer> answers = new ArrayList<>();
  private final List<String> refused = new CopyOnWriteArrayList<>();
  private volatile @Nullable InferenceRequest last;
  private volatile @Nullable InferenceReply lastReply;

  @Override
  public void infer(InferenceRequest request, InferenceReply reply) {
    last = request;
    lastReply = reply;
    Runnable outcome = () -> reply.home().execute(() -> deliver(request, reply));
    if (request.model().equals("parked")) {
      parked.add(outcome);
    } else {
      Thread.ofVirtual().start(outcome);
    }
  }

  @Override
  public ModelDescription describe(String model, @Nullable String version) {
    if (!model.equals("m")) {
      throw new InferenceException(unknown(model));
    }
    var spec = new TensorSpec("x", DataType.FP32, Shape.of(-1, 3));
    var signature = new Signature(List.of(spec), List.of(spec));
    return new ModelDescription("m", "1", List.of("1"), "onnx", signature, 8, List.of(), null);
  }

  @Override
  public void countRefused(String model, @Nullable String version, FailureReason reason) {
    refused.add(model + "/" + version + " " + reason);
  }

  /** Models, versions and reasons of the requests that did not reach {@link #infer}. */
  List<String> refused() {
    return refused;
  }

  InferenceRequest last() {
    return present(last);
  }

  InferenceReply lastReply() {
    return present(lastReply);
  }

  boolean allAnswersClosed() {
    synchronized (answers) {
      return answers.stream().allMatch(FakeAnswer::closed);
    }
  }

  boolean isParked() {
    return !parked.isEmpty();
  }

  void release() throws InterruptedException {
    parked.take().run();
  }

  private void deliver(InferenceRequest request, InferenceReply reply) {
    switch (request.model()) {
      case "m", "parked" -> reply.answered(answer(request));
      case "starved" -> reply.answered(new StarvedAnswer());
      case "full" -> reply.failed(new InferenceFailure.Overloaded("the queue is full"));
      case "late" -> reply.failed(new InferenceFailure.TimedOut("Request timeout expired"));
      default -> reply.failed(unknown(request.model()));
    }
  }

  private FakeAnswer answer(InferenceRequest request) {
    var answer = new FakeAnswer(request.inputs().stream().map(FakeEngine::copy).toList());
    synchronized (answers) {
      answers.add(answer);
    }
    return answer;
  }

  private static Tensor copy(Tensor input) {
    var data = ByteBuffer.allocateDirect(input.data().remaining()).put(input.data().duplicate());
    return new Tensor(
        input.name(), input.type(), input.shape(), data.flip().order(ByteOrder.LITTLE_ENDIAN));
  }

  private static InferenceFailure unknown(String model) {
    return new InferenceFailure.NotFound("Request for unknown model: '" + model + "' is not found");
  }

  private static final class StarvedAnswer extends FakeAnswer {
    StarvedAnswer() {
      super(List.of());
    }

    @Override
    public List<Tensor> outputs() {
      throw new OutOfMemoryError("no memory on purpose");
    }
  }

  private static <T> T present(@Nullable T value) {
    if (value == null) {
      throw new AssertionError("No request has reached the engine");
    }
    return value;
  }
}
