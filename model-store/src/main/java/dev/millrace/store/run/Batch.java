package dev.millrace.store.run;

import dev.millrace.protocol.mlflow.Metric;
import dev.millrace.protocol.mlflow.Param;
import dev.millrace.protocol.mlflow.Tag;
import dev.millrace.store.failure.StoreException;
import dev.millrace.store.naming.Keys;
import java.util.HashSet;
import java.util.List;

/** What a run logs at once: all of it or nothing. */
record Batch(List<Metric> metrics, List<Param> params, List<Tag> tags) {
  private static final int MOST_METRICS = 1_000;
  private static final int MOST_PARAMS = 100;
  private static final int MOST_TAGS = 100;
  private static final int MOST = 1_000;
  private static final int MAX_PARAM_VALUE = 6_000;
  private static final int MAX_TAG_VALUE = 8_000;

  /** Checks sizes and keys; like MLflow, cuts long values. */
  Batch {
    requireAtMost("metrics", metrics, MOST_METRICS);
    requireAtMost("params", params, MOST_PARAMS);
    requireAtMost("tags", tags, MOST_TAGS);
    requireAtMost("entities", metrics.size() + params.size() + tags.size(), MOST);
    for (int i = 0; i < metrics.size(); i++) {
      Keys.require(place("metrics", metrics, i) + "name", "Metric name", metrics.get(i).key());
    }
    for (int i = 0; i < params.size(); i++) {
      Keys.require(place("params", params, i) + "key", "Param key", params.get(i).key());
    }
    for (int i = 0; i < tags.size(); i++) {
      Keys.require(place("tags", tags, i) + "key", "Tag key", tags.get(i).key());
    }
    requireDistinct(params);
    params = params.stream().map(p -> new Param(p.key(), cut(p.value(), MAX_PARAM_VALUE))).toList();
    tags = tags.stream().map(t -> new Tag(t.key(), cut(t.value(), MAX_TAG_VALUE))).toList();
    metrics = List.copyOf(metrics);
  }

  // A single value is named as log-metric names it.
  private static String place(String list, List<?> all, int index) {
    return all.size() == 1 && index == 0 ? "" : list + "[" + index + "].";
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
