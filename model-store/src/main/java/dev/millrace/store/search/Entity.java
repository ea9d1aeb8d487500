package dev.millrace.store.search;

import java.util.Locale;
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

  static Optional<Entity> named(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "metric", "metrics" -> Optional.of(METRIC);
      case "param", "params", "parameter", "parameters" -> Optional.of(PARAM);
      case "tag", "tags" -> Optional.of(TAG);
      case "attribute", "attributes", "attr", "run" -> Optional.of(ATTRIBUTE);
      case "dataset", "datasets" -> Optional.of(DATASET);
      default -> Optional.empty();
    };
  }
}
