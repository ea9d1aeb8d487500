package dev.millrace.serving.api.tfs;

import dev.millrace.serving.api.edge.LiveLabels;
import dev.millrace.serving.api.edge.TargetPath;
import dev.millrace.serving.api.json.JsonBody;
import dev.millrace.serving.api.json.ModelTarget;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Finds the version that a path means. */
public final class VersionNames {
  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,18}");

  private final LiveLabels labels;

  /** With these labels. */
  public VersionNames(LiveLabels labels) {
    this.labels = labels;
  }

  /** As {@link #decodedTarget}, of names as the path has them. */
  ModelTarget target(String model, @Nullable String version, @Nullable String label) {
    return decodedTarget(
        TargetPath.decoded(model),
        version == null ? null : TargetPath.decoded(version),
        label == null ? null : TargetPath.decoded(label));
  }

  /**
   * The target that these names mean.
   *
   * @throws InferenceException with Invalid where the version is no number, as in TensorFlow
   *     Serving, and NotFound for an unknown label
   */
  ModelTarget decodedTarget(String model, @Nullable String version, @Nullable String label) {
    if (label != null && !labels.has(label)) {
      throw new InferenceException(new InferenceFailure.NotFound(labels.refusal(model, label)));
    }
    if (version != null && !NUMBER.matcher(version).matches()) {
      throw JsonBody.refusal(
          "Failed to convert version: %s to numeric. Versions are numbers; labels are at /labels/NAME."
              .formatted(version));
    }
    return new ModelTarget(model, version);
  }
}
