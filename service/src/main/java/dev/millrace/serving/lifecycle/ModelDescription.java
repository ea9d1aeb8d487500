package dev.millrace.serving.lifecycle;

import dev.millrace.protocol.packaging.ImageDescription;
import dev.millrace.serving.tensor.Signature;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a client may ask of an available model.
 *
 * @param version the version described
 * @param versions all versions that answer requests, oldest first
 * @param platform as Triton names it: {@code onnxruntime_onnx}
 * @param maxBatchRows rows that one run takes at most; 0 where the model is not batchable
 * @param labels names of the classes of the output, empty where the model has none
 * @param image how to make the input from a picture, absent where the model does not take one
 */
public record ModelDescription(
    String model,
    String version,
    List<String> versions,
    String platform,
    Signature signature,
    int maxBatchRows,
    List<String> labels,
    @Nullable ImageDescription image) {
  /** Copies the lists. */
  public ModelDescription {
    versions = List.copyOf(versions);
    labels = List.copyOf(labels);
  }

  /** The same with these versions answering requests. */
  ModelDescription among(List<String> answering) {
    return new ModelDescription(
        model, version, answering, platform, signature, maxBatchRows, labels, image);
  }
}
