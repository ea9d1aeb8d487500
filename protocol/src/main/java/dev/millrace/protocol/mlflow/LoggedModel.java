package dev.millrace.protocol.mlflow;

/**
 * A model that a run wrote, before anybody registers it: MLflow 3's clients log models as these.
 */
public record LoggedModel(LoggedModelInfo info, LoggedModelData data) {}
