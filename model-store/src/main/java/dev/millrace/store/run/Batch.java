package dev.millrace.store.run;

import dev.millrace.protocol.mlflow.Metric;
import dev.millrace.protocol.mlflow.Param;
import dev.millrace.protocol.mlflow.Tag;
import dev.millrace.store.failure.StoreException;
import dev.millrace.store.naming.Keys;
import java.util.HashSet;
import java.util.List;

/**
 * What a run logs at once: all of it or nothing.
 *
 * @param modelMetrics those of the metrics that are about a logged model
 */
record Batch(
    List<Metric> metrics, List<ModelMetric> modelMetrics, List<Param> params, List<Tag> tags) {
  private static final int MOST_METRICS = 1_000;
  private static final int MOST_PARAMS = 100;
  private static final int MOST_TAGS = 100;
  private static final int MOST = 1_000;
  private static final int MAX_PARAM_VALUE = 6_000;
  private static final int MAX_TAG_VALUE = 8_000;

  Batch(List<Metric> metrics, List<Param> params, List<Tag> tags) {
    this(metrics, List.of(), params, tags);
  }

  /** Checks sizes and keys; cuts long values, as MLflow does. */
  Batch {
    requireAtMost("metrics", metrics, MOST_METRICS);
    requireAtMost("params", params, MOST_PARAMS);
    requireAtMost("tags", tags, MOST_TAGS);
    requireAtMost("entities", metrics.size() + params.size() + tags.size(), MOST);
    requireKeys("metrics[%s].name", "Metric name", metrics.stream().map(Metric::key).toList());
    requireKeys("params[%s].key", "Param key", params.stream().map(Param::key).toList());
    requireKeys("tags[%s].key", "Tag key", tags.stream().map(Tag::key).toList());
    requireDistinct(params);
    params = params.stream().map(p -> new Param(p.key(), cut(p.value(), MAX_PARAM_VALUE))).toList();
    tags = tags.stream().map(t -> new Tag(t.key(), cut(t.value(), MAX_TAG_VALUE))).toList();
    metrics = List.copyOf(metrics);
    modelMetrics = List.copyOf(modelMetrics);
  }

  private static void requireKeys(String place, String kind, List<String> keys) {
    for (int i = 0; i < keys.size(); i++) {
      Keys.require(place.replace("%s", String.valueOf(i)), kind, keys.get(i));
    }
  }

  private static void requireAtMost(String what, List<?> list, int most) {
    requireAtMost(what, list.size(), most);
  }

  private static void requireAtMost(String what, int count, int most) {
    if (count > most) {
      throw StoreException.invalid(
          "A batch logging request can contain at most %s %s. Got %s %s. Please split up %s across multiple requests and try again."
              .formatted(most, what, count, what, what));
    }
  }

  private static void requireDistinct(List<Param> params) {
    var seen = new HashSet<String>();
    var repeated =
        params.stream().map(Param::key).filter(key -> !seen.add(key)).distinct().toList();
    if (!repeated.isEmpty()) {
      throw StoreException.invalid(
          "Duplicate parameter keys have been submitted: %s. Please ensure the request contains only one param value per param key."
              .formatted(repeated));
    }
  }

  private static String cut(String value, int most) {
    return value.length() <= most ? value : value.substring(0, most);
  }
}
