package dev.millrace.serving.api.tfs;

import dev.millrace.serving.api.edge.TargetPath;
import dev.millrace.serving.api.json.JsonBody;
import dev.millrace.serving.api.json.ModelTarget;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Finds the version that a path means. Its labels are the names that always mean the live version:
 * {@code stable}, and the alias that the service follows in a store.
 */
public final class VersionNames {
  /** What TensorFlow Serving's operators call the version that most requests go to. */
  private static final String STABLE = "stable";

  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,18}");

  private final Set<String> live;

  /** With these labels besides {@code stable}. */
  public VersionNames(Set<String> aliases) {
    live = new TreeSet<>(aliases);
    live.add(STABLE);
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
    if (label != null) {
      requireLive(model, label);
    }
    if (version != null && !NUMBER.matcher(version).matches()) {
      throw JsonBody.refusal(
          "Failed to convert version: %s to numeric. Versions are numbers; labels are at /labels/NAME."
              .formatted(version));
    }
    return new ModelTarget(model, version);
  }

  private void requireLive(String model, String label) {
    if (!live.contains(label)) {
      throw new InferenceException(
          new InferenceFailure.NotFound(
              "Unrecognized servable version label: %s. Model '%s' has the labels %s, which all mean its live version."
                  .formatted(label, model, live)));
    }
  }
}
