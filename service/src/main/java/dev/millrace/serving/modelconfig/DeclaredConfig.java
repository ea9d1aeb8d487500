package dev.millrace.serving.modelconfig;

import dev.millrace.protocol.modelconfig.ConfigSource;
import dev.millrace.protocol.oip.ModelConfig;
import dev.millrace.protocol.oip.ModelEnsembling.Step;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What was said of one model in Triton's form, checked as far as that goes without its file.
 *
 * @param source as it was written
 * @param labels names of classes by output; empty until they are read
 * @param withoutEffect paths of fields that are known, and change nothing here
 * @param folder of the model; whatever the configuration names lies inside
 */
public record DeclaredConfig(
    ConfigSource source,
    Map<String, List<String>> labels,
    List<String> withoutEffect,
    Path folder) {
  /** Copies map and list. */
  public DeclaredConfig {
    labels = Map.copyOf(labels);
    withoutEffect = List.copyOf(withoutEffect);
  }

  /** All fields. */
  public ModelConfig message() {
    return source.config();
  }

  /** Whether other models answer for it, so that it has no file of its own. */
  public boolean isEnsemble() {
    return message().hasEnsembleScheduling();
  }

  /** What an ensemble asks, each once; nothing of any other model. */
  public Set<AskedModel> asked() {
    return message().getEnsembleScheduling().getStepList().stream()
        .map(step -> new AskedModel(step.getModelName(), EnsemblePlans.version(step)))
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  /** The models that an ensemble asks, each once; none of any other model. */
  public Set<String> stepModels() {
    return message().getEnsembleScheduling().getStepList().stream()
        .map(Step::getModelName)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /**
   * Whether inputs and outputs are given. Where one of them is not, both the model's batching and
   * what is missing are completed from its file.
   */
  public boolean declaresTensors() {
    return message().getInputCount() > 0 && message().getOutputCount() > 0;
  }

  /** Whether every dimension stands in {@code dims}, and requests run one by one. */
  public boolean forbidsBatching() {
    return declaresTensors() && message().getMaxBatchSize() == 0;
  }

  /** Rows that one request may have; {@link Integer#MAX_VALUE} where it does not say. */
  public int mostRows() {
    return message().getMaxBatchSize() > 0 ? message().getMaxBatchSize() : Integer.MAX_VALUE;
  }
}
