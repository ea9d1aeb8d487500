package dev.millrace.protocol.mlflow;

import java.util.List;

/** What a run read. */
public record RunInputs(List<DatasetInput> datasetInputs, List<ModelInput> modelInputs) {
  /** Copies the lists. */
  public RunInputs {
    datasetInputs = List.copyOf(datasetInputs);
    modelInputs = List.copyOf(modelInputs);
  }
}
