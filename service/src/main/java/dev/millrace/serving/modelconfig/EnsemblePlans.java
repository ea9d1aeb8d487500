package dev.millrace.serving.modelconfig;

import dev.millrace.protocol.oip.DataType;
import dev.millrace.protocol.oip.ModelConfig;
import dev.millrace.protocol.oip.ModelEnsembling.Step;
import dev.millrace.serving.runtime.ModelLoadException;
import dev.millrace.serving.scheduling.EnsemblePlan;
import dev.millrace.serving.scheduling.EnsemblePlan.Result;
import dev.millrace.serving.scheduling.EnsemblePlan.Use;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Lays an ensemble's configuration over the models of its steps; where they contradict each other,
 * the texts are Triton's.
 */
public final class EnsemblePlans {
  private final String ensemble;
  private final ModelConfig config;

  /** By tensor, what is known of it. */
  private final Map<String, Node> nodes = new HashMap<>();

  /** By tensor, its number. */
  private final Map<String, Integer> numbers = new LinkedHashMap<>();

  /**
   * What a step's model declares.
   *
   * @param mostRows that one request to it may have; {@link Integer#MAX_VALUE} where it does not
   *     say
   * @param requests of models that one request to it becomes; 1 where it is no ensemble
   */
  public record StepModel(Signature signature, int mostRows, int requests) {}

  /** Finds the models of steps. */
  @FunctionalInterface
  public interface StepModelSource {
    /**
     * The model as it is served now.
     *
     * @param version absent for the live one
     * @throws ModelLoadException where it is not
     */
    StepModel of(String model, @Nullable String version);
  }

  /** What a model says of a tensor, its dimensions without rows. */
  private record Node(String model, boolean batching, DataType type, Shape dims) {
    Shape full() {
      return SignaturePlan.withRows(dims, batching);
    }

    boolean fits(Node other) {
      return fits(dims, other.dims) || fits(full(), other.full());
    }

    private static boolean fits(Shape one, Shape other) {
      boolean fits = one.rank() == other.rank();
      for (int i = 0; fits && i < one.rank(); i++) {
        fits =
            one.dimension(i) == other.dimension(i)
                || one.dimension(i) == Shape.ANY
                || other.dimension(i) == Shape.ANY;
      }
      return fits;
    }
  }

  private EnsemblePlans(String ensemble, ModelConfig config) {
    this.ensemble = ensemble;
    this.config = config;
  }

  /** What clients see of an ensemble. */
  public static Signature signature(DeclaredConfig declared) {
    var config = declared.message();
    boolean rows = config.getMaxBatchSize() > 0;
    return new Signature(
        config.getInputList().stream().map(input -> spec(new DeclaredTensor(input), rows)).toList(),
        config.getOutputList().stream()
            .map(output -> spec(new DeclaredTensor(output), rows))
            .toList(),
        rows);
  }

  private static TensorSpec spec(DeclaredTensor tensor, boolean rows) {
    return new TensorSpec(
        tensor.name(),
        DataTypes.served(tensor.type()),
        SignaturePlan.withRows(tensor.dims(), rows));
  }

  /**
   * How requests go through the steps.
   *
   * @throws ModelLoadException where a step's model is not served, or does not fit
   */
  public static EnsemblePlan plan(
      String ensemble, DeclaredConfig declared, StepModelSource models) {
    return new EnsemblePlans(ensemble, declared.message()).plan(signature(declared), models);
  }

  private EnsemblePlan plan(Signature signature, StepModelSource models) {
    boolean rows = signature.batchable();
    for (var input : config.getInputList()) {
      number(input.getName());
      var tensor = new DeclaredTensor(input);
      nodes.put(tensor.name(), new Node(ensemble, rows, tensor.type(), tensor.dims()));
    }
    for (var output : config.getOutputList()) {
      var tensor = new DeclaredTensor(output);
      nodes.putIfAbsent(tensor.name(), new Node(ensemble, rows, tensor.type(), tensor.dims()));
    }
    var steps = new ArrayList<EnsemblePlan.Step>();
    int requests = 0;
    for (var step : config.getEnsembleScheduling().getStepList()) {
      var version = version(step);
      var asked = models.of(step.getModelName(), version);
      steps.add(step(step, version, asked));
      requests += asked.requests();
    }
    var results =
        signature.outputs().stream().map(spec -> new Result(number(spec.name()), spec)).toList();
    return new EnsemblePlan(
        ensemble, signature.inputs().size(), numbers.size(), steps, results, requests);
  }

  /** Null for the one that requests without a version get. */
  static @Nullable String version(Step step) {
    return step.getModelVersion() < 1 ? null : Long.toString(step.getModelVersion());
  }

  private int number(String tensor) {
    return numbers.computeIfAbsent(tensor, _ -> numbers.size());
  }

  private EnsemblePlan.Step step(Step step, @Nullable String version, StepModel model) {
    requireRows(step, model);
    requireInputs(step, model.signature());
    requireOutputs(step, model.signature());
    var takes = new ArrayList<Use>();
    for (var input : model.signature().inputs()) {
      var tensor = step.getInputMapOrThrow(input.name());
      require(tensor, node(step, input, model.signature()));
      takes.add(new Use(number(tensor), input.name(), input.shape().rank()));
    }
    var made = new TreeMap<>(step.getOutputMapMap());
    for (var output : model.signature().outputs()) {
      var tensor = made.get(output.name());
      if (tensor != null) {
        require(tensor, node(step, output, model.signature()));
      }
    }
    return new EnsemblePlan.Step(
        step.getModelName(),
        version,
        takes,
        made.values().stream().map(this::number).toList(),
        List.copyOf(made.keySet()));
  }

  private void requireRows(Step step, StepModel model) {
    if (model.signature().batchable() && model.mostRows() < config.getMaxBatchSize()) {
      throw refusal(
          "ensemble %s allows maximum batch size %d, but it contains model %s which only allows maximum batch size to be %d"
              .formatted(
                  ensemble, config.getMaxBatchSize(), step.getModelName(), model.mostRows()));
    }
  }

  private void requireInputs(Step step, Signature signature) {
    for (var mapped : new TreeMap<>(step.getInputMapMap()).entrySet()) {
      if (signature.input(mapped.getKey()).isEmpty()) {
        throw refusal(
            "in ensemble %s, ensemble tensor %s is mapping to non-existing input %s in model %s"
                .formatted(ensemble, mapped.getValue(), mapped.getKey(), step.getModelName()));
      }
    }
    for (var input : signature.inputs()) {
      if (!step.containsInputMap(input.name())) {
        throw refusal(
            "in ensemble %s, input %s in model %s is not mapped to any ensemble tensors"
                .formatted(ensemble, input.name(), step.getModelName()));
      }
    }
  }

  private void requireOutputs(Step step, Signature signature) {
    for (var mapped : new TreeMap<>(step.getOutputMapMap()).entrySet()) {
      if (signature.output(mapped.getKey()).isEmpty()) {
        throw refusal(
            "in ensemble %s, ensemble tensor %s is mapped from non-existing output %s in model %s"
                .formatted(ensemble, mapped.getValue(), mapped.getKey(), step.getModelName()));
      }
    }
  }

  private static Node node(Step step, TensorSpec spec, Signature signature) {
    var shape = spec.shape().toArray();
    boolean rows = signature.batchable();
    var dims = rows ? Arrays.copyOfRange(shape, 1, shape.length) : shape;
    return new Node(step.getModelName(), rows, DataTypes.configured(spec.type()), Shape.of(dims));
  }

  private void require(String tensor, Node own) {
    var known = nodes.putIfAbsent(tensor, own);
    if (known == null) {
      return;
    }
    var where = "in ensemble %s, ensemble tensor %s: ".formatted(ensemble, tensor);
    if (known.type() != own.type()) {
      throw refusal(
          where
              + "inconsistent data type: %s is inferred from model %s while %s is inferred from model %s"
                  .formatted(known.type(), known.model(), own.type(), own.model()));
    }
    if (!known.fits(own)) {
      throw refusal(
          where
              + "inconsistent shape: %s is inferred from model %s while %s is inferred from model %s"
                  .formatted(
                      compact(known.full()), known.model(), compact(own.full()), own.model()));
    }
  }

  private static String compact(Shape shape) {
    return shape.toString().replace(" ", "");
  }

  private static ModelLoadException refusal(String message) {
    return new ModelLoadException(message, null);
  }
}
