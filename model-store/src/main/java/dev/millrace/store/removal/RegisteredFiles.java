package dev.millrace.store.removal;

import dev.millrace.store.artifact.ArtifactPath;
import dev.millrace.store.failure.StoreException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The runs and places that registered versions point at, each with one version that does. */
final class RegisteredFiles {
  // Runs and logged models keep their files in a folder of this name.
  private static final String FOLDER = "/artifacts";

  private final Map<String, String> runs = new HashMap<>();
  private final Map<String, String> places = new HashMap<>();

  void add(String version, @Nullable String runId, @Nullable String location) {
    if (runId != null && !runId.isEmpty()) {
      runs.put(runId, version);
    }
    if (location == null) {
      return;
    }
    var place = normal(location);
    places.put(place, version);
    for (int at = place.indexOf(FOLDER + "/"); at >= 0; at = place.indexOf(FOLDER + "/", at + 1)) {
      places.put(place.substring(0, at + FOLDER.length()), version);
    }
  }

  /** The version that keeps this from being removed. */
  Optional<String> keeping(Candidate candidate) {
    var byRun = candidate.kind() == Kind.RUN ? runs.get(candidate.id()) : null;
    return Optional.ofNullable(byRun)
        .or(() -> Optional.ofNullable(places.get(normal(candidate.location()))));
  }

  /** Whether one place is the other, or lies in it. */
  static boolean overlap(String one, String other) {
    var first = normal(one) + "/";
    var second = normal(other) + "/";
    return first.startsWith(second) || second.startsWith(first);
  }

  private static String normal(String location) {
    try {
      return ArtifactPath.ofLocation(location)
          .map(
              path ->
                  path.text().isEmpty() ? "mlflow-artifacts:" : "mlflow-artifacts:/" + path.text())
          .orElseGet(() -> location.replaceAll("/+$", ""));
    } catch (StoreException _) {
      return location;
    }
  }
}
