package dev.millrace.serving.lifecycle;

import dev.millrace.serving.device.Device;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.telemetry.InferenceStatistics;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one version that answers requests has done, and what it takes.
 *
 * @param inference all zero while the version is unloaded until a request needs it
 * @param bytesByDevice what its copies take of each device, as measured after their load
 */
public record VersionStatistics(
    String model, String version, InferenceStatistics inference, Map<Device, Long> bytesByDevice) {
  /** Copies the map. */
  public VersionStatistics {
    bytesByDevice = Map.copyOf(bytesByDevice);
  }

  static VersionStatistics of(LoadedVersion version) {
    return new VersionStatistics(
        version.model(),
        version.version(),
        version.workers().meters().statistics(),
        version.berths().bytes());
  }

  static VersionStatistics of(String model, DormantVersion version) {
    return new VersionStatistics(model, version.version(), InferenceStatistics.NONE, Map.of());
  }

  /** Those of one version, or of all; throws with Invalid, in Triton's words. */
  static List<VersionStatistics> chosen(
      String model, @Nullable String version, List<VersionStatistics> all) {
    var chosen =
        all.stream().filter(one -> version == null || one.version().equals(version)).toList();
    if (chosen.isEmpty()) {
      throw new InferenceException(
          new InferenceFailure.Invalid(all.isEmpty() ? noModel(model) : noVersion(model, all)));
    }
    return chosen;
  }

  private static String noModel(String model) {
    return "requested model '%s' is not available. The repository index lists what is served."
        .formatted(model);
  }

  private static String noVersion(String model, List<VersionStatistics> others) {
    return "requested model version is not available for model '%s'; available are %s."
        .formatted(model, others.stream().map(VersionStatistics::version).toList());
  }
}
