package dev.millrace.serving.api.edge;

import java.util.Set;
import java.util.TreeSet;

/**
 * The labels of TensorFlow Serving's protocols. Each means the live version, in every model: {@code
 * stable}, and the alias that the service follows in a store. Immutable.
 */
public final class LiveLabels {
  /** What TensorFlow Serving's operators call the version that most requests go to. */
  private static final String STABLE = "stable";

  private final Set<String> labels;

  /** These besides {@code stable}. */
  public LiveLabels(Set<String> aliases) {
    labels = new TreeSet<>(aliases);
    labels.add(STABLE);
  }

  /** Whether this is one of them. */
  public boolean has(String label) {
    return labels.contains(label);
  }

  /** What a client reads about a label that is none. */
  public String refusal(String model, String label) {
    return "Unrecognized servable version label: %s. Model '%s' has the labels %s, which all mean its live version."
        .formatted(label, model, labels);
  }
}
