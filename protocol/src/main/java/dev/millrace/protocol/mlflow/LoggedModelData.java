package dev.millrace.protocol.mlflow;

import java.util.List;

/** What was logged about a logged model. */
public record LoggedModelData(List<Param> params) {
  /** Copies the list. */
  public LoggedModelData {
    params = List.copyOf(params);
  }
}
