package dev.millrace.store.search;

import java.util.Optional;

/** What a comparison looks at. */
public enum Entity {
  /** The latest value of a metric. */
  METRIC,
  /** A parameter. */
  PARAM,
  /** A tag. */
  TAG,
  /** A field of the thing itself. */
  ATTRIBUTE,
  /** A field of a data set that a run read. */
  DATASET;

  /** The entity of a name, whose case counts. */
  static Optional<Entity> named(String name) {
    return switch (name) {
      case "metric", "metrics" -> Optional.of(METRIC);
      case "param", "params", "parameter", "parameters" -> Optional.of(PARAM);
      case "tag", "tags" -> Optional.of(TAG);
      case "attribute", "attributes", "attr", "run" -> Optional.of(ATTRIBUTE);
      case "dataset", "datasets" -> Optional.of(DATASET);
      default -> Optional.empty();
    };
  }
}
