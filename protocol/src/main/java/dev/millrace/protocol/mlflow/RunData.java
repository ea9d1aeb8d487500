package dev.millrace.protocol.mlflow;

import java.util.List;
import java.util.Optional;

/**
 * What a run logged.
 *
 * @param metrics the latest point of each metric
 */
public record RunData(List<Metric> metrics, List<Param> params, List<Tag> tags) {
  /** Copies the lists. */
  public RunData {
    metrics = List.copyOf(metrics);
    params = List.copyOf(params);
    tags = List.copyOf(tags);
  }

  /** The latest point of a metric. */
  public Optional<Metric> metric(String key) {
    return metrics.stream().filter(metric -> metric.key().equals(key)).findFirst();
  }

  /** The value of a tag. */
  public Optional<String> tag(String key) {
    return Tags.value(tags, key);
  }
}
