package dev.millrace.serving.lifecycle;

import dev.millrace.protocol.oip.ModelConfig;
import dev.millrace.protocol.oip.ModelEnsembling.Step;
import dev.millrace.protocol.packaging.ImageDescription;
import dev.millrace.protocol.packaging.SignatureColumn;
import dev.millrace.serving.modelconfig.CompletedConfig;
import dev.millrace.serving.tensor.Signature;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a client may ask of an available model.
 *
 * @param version the version described
 * @param versions all versions that answer requests, oldest first
 * @param platform as Triton names it: {@code onnxruntime_onnx}, or {@code ensemble}
 * @param maxBatchRows rows that one run takes at most; 0 where the model is not batchable
 * @param labels names of the classes of the output, empty where the model has none
 * @param image how to make the input from a picture, absent where the model does not take one
 * @param config all of it in Triton's form, completed
 * @param outputLabels names of classes by output, of the outputs for which the configuration names
 *     a file
 * @param columns those that the one input of two dimensions takes, in their order; empty where they
 *     are not known
 */
public record ModelDescription(
    String model,
    String version,
    List<String> versions,
    String platform,
    Signature signature,
    int maxBatchRows,
    List<String> labels,
    @Nullable ImageDescription image,
    ModelConfig config,
    Map<String, List<String>> outputLabels,
    List<SignatureColumn> columns) {
  /** Copies the lists. */
  public ModelDescription {
    versions = List.copyOf(versions);
    labels = List.copyOf(labels);
    outputLabels = Map.copyOf(outputLabels);
    columns = List.copyOf(columns);
  }

  /** One without a configuration of its own. */
  public ModelDescription(
      String model,
      String version,
      List<String> versions,
      String platform,
      Signature signature,
      int maxBatchRows,
      List<String> labels,
      @Nullable ImageDescription image) {
    this(
        model,
        version,
        versions,
        platform,
        signature,
        maxBatchRows,
        labels,
        image,
        CompletedConfig.of(model, null, signature, maxBatchRows, ""),
        Map.of(),
        List.of());
  }

  /** The names of an output's classes; empty where it has none. */
  public List<String> labels(String output) {
    var own = outputLabels.get(output);
    if (own != null) {
      return own;
    }
    return image == null || image.output().equals(output) ? labels : List.of();
  }

  /** The models that an ensemble asks; none of any other model. */
  public List<String> steps() {
    return config.getEnsembleScheduling().getStepList().stream()
        .map(Step::getModelName)
        .distinct()
        .toList();
  }

  /** The same with these versions answering requests. */
  ModelDescription among(List<String> answering) {
    return new ModelDescription(
        model,
        version,
        answering,
        platform,
        signature,
        maxBatchRows,
        labels,
        image,
        config,
        outputLabels,
        columns);
  }
}
