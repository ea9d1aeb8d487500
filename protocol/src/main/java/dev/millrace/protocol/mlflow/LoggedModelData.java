package dev.millrace.protocol.mlflow;

import java.util.List;

/** What was logged about a logged model. */
public record LoggedModelData(List<LoggedModelMetric> metrics, List<Param> params) {
  /** Copies the lists. */
  public LoggedModelData {
    metrics = List.copyOf(metrics);
    params = List.copyOf(params);
  }
}
