package dev.millrace.protocol.mlflow;

import java.util.List;

/** What a run wrote. */
public record RunOutputs(List<ModelOutput> modelOutputs) {
  /** Copies the list. */
  public RunOutputs {
    modelOutputs = List.copyOf(modelOutputs);
  }
}
