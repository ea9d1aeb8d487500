package dev.millrace.serving.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.api.edge.InferEngine;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.inference.InferenceAnswer;
import dev.millrace.serving.inference.InferenceReply;
import dev.millrace.serving.inference.InferenceRequest;
import dev.millrace.serving.lifecycle.ModelDescription;
import dev.millrace.serving.scheduling.BatchTimings;
import dev.millrace.serving.telemetry.FailureReason;
import dev.millrace.serving.tensor.ByteStrings;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.tensor.Tensor;
import dev.millrace.serving.tensor.TensorSpec;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Answers at once with the inputs, and fails where one is not as large as its shape says, which
 * codecs are to see to. One thread.
 */
public final class EchoEngine implements InferEngine {
  private final Map<String, ModelDescription> models;
  private int answered;

  private EchoEngine(Map<String, ModelDescription> models) {
    this.models = models;
  }

  private static EchoEngine of(ModelDescription... models) {
    return new EchoEngine(
        Stream.of(models)
            .collect(Collectors.toUnmodifiableMap(ModelDescription::model, Function.identity())));
  }

  /** Of one model {@code m}, which takes any inputs, one at least. */
  public static EchoEngine ofAnyInputs() {
    return new EchoEngine(Map.of());
  }

  /** Of a classifier, a regressor, and models of the other types, alone and together. */
  public static EchoEngine ofManyTypes() {
    return of(
        model("pairs", List.of("no", "yes"), spec("x", DataType.FP32, -1, 2)),
        model("numbers", List.of(), spec("x", DataType.FP64, -1, 1)),
        model("texts", List.of(), spec("t", DataType.BYTES, -1, 1)),
        model(
            "classes",
            List.of(),
            spec("scores", DataType.FP32, -1, 2),
            spec("classes", DataType.BYTES, -1, 2)),
        model(
            "mixed",
            List.of(),
            spec("h", DataType.FP16, -1, 2, -1),
            spec("n", DataType.INT64, -1),
            spec("u", DataType.UINT8, -1, 1),
            spec("b", DataType.BOOL, -1, 1),
            spec("t", DataType.BYTES, -1, 1)));
  }

  private static TensorSpec spec(String name, DataType type, long... shape) {
    return new TensorSpec(name, type, Shape.of(shape));
  }

  /** A model that gives what it takes, in rows. */
  private static ModelDescription model(String name, List<String> labels, TensorSpec... inputs) {
    var signature = new Signature(List.of(inputs), List.of(inputs));
    return new ModelDescription(name, "1", List.of("1"), "onnx", signature, 8, labels, null);
  }

  /** How many requests it has answered. */
  public int answered() {
    return answered;
  }

  @Override
  public void infer(InferenceRequest request, InferenceReply reply) {
    request.inputs().forEach(EchoEngine::requireWhole);
    var outputs = outputs(request);
    if (outputs.isEmpty()) {
      reply.failed(new InferenceFailure.Invalid("no input that fits"));
      return;
    }
    answered++;
    reply.answered(new Answer(request.model(), outputs));
  }

  private static void requireWhole(Tensor input) {
    var data = input.data();
    long count = input.shape().elementCount();
    if (input.type() == DataType.BYTES) {
      int end = ByteStrings.skip(data, data.position(), count);
      assertThat(end).as("the end of '%s'", input.name()).isEqualTo(data.limit());
    } else {
      assertThat((long) data.remaining())
          .as("the bytes of '%s'", input.name())
          .isEqualTo(count * input.type().sizeBytes());
    }
  }

  /** Those wanted, of a request whose inputs fit the model; none of any other. */
  private List<Tensor> outputs(InferenceRequest request) {
    var model = models.get(request.model());
    if (model != null && !fits(request.inputs(), model.signature().inputs())) {
      return List.of();
    }
    return model == null || request.outputs().isEmpty()
        ? request.inputs()
        : request.outputs().stream()
            .flatMap(name -> request.inputs().stream().filter(in -> in.name().equals(name)))
            .toList();
  }

  private static boolean fits(List<Tensor> inputs, List<TensorSpec> specs) {
    if (inputs.size() != specs.size()) {
      return false;
    }
    for (int i = 0; i < specs.size(); i++) {
      var input = inputs.get(i);
      var spec = specs.get(i);
      if (!input.name().equals(spec.name())
          || input.type() != spec.type()
          || !spec.shape().accepts(input.shape())
          || input.shape().dimension(0) != inputs.getFirst().shape().dimension(0)) {
        return false;
      }
    }
    return true;
  }

  @Override
  public ModelDescription describe(String model, @Nullable String version) {
    if (models.isEmpty()) {
      return model("m", List.of(), spec("x", DataType.FP32, -1, 3));
    }
    var found = models.get(model);
    if (found == null) {
      throw new InferenceException(new InferenceFailure.NotFound("There is no such model."));
    }
    return found;
  }

  @Override
  public void countRefused(String model, @Nullable String version, FailureReason reason) {}

  private record Answer(String model, List<Tensor> outputs) implements InferenceAnswer {
    @Override
    public String version() {
      return "1";
    }

    @Override
    public BatchTimings timings() {
      return new BatchTimings(1_500, 20_000, 3_000_000, 4);
    }

    @Override
    public void close() {}
  }
}
