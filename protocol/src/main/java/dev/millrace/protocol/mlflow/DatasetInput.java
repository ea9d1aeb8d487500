package dev.millrace.protocol.mlflow;

import java.util.List;

/**
 * A data set that a run read.
 *
 * @param tags of this use, {@code mlflow.data.context} for instance
 */
public record DatasetInput(List<Tag> tags, Dataset dataset) {
  /** Copies the list. */
  public DatasetInput {
    tags = List.copyOf(tags);
  }
}
