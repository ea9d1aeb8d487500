package dev.millrace.store.loggedmodel;

import dev.millrace.protocol.mlflow.LoggedModel;
import dev.millrace.store.database.Database;
import dev.millrace.store.failure.StoreException;
import dev.millrace.store.search.Comparison;
import dev.millrace.store.search.Comparison.Subject;
import dev.millrace.store.search.Entity;
import dev.millrace.store.search.Order;
import dev.millrace.store.search.Page;
import dev.millrace.store.search.Vocabulary;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Service;

/** Finds logged models. */
@Service
final class LoggedModelSearch {
  private static final int MOST_SORTS = 50;
  private static final int MOST_DATASETS = 100;
  // Each is two parameters of the query, of which PostgreSQL takes 65,535.
  private static final int MOST_MEASURED = 10_000;
  private static final Set<String> TEXTS =
      Set.of(
          "name",
          "model_id",
          "model_type",
          "status",
          "source_run_id",
          "artifact_location",
          "experiment_id",
          "lifecycle_stage");
  private static final Vocabulary VOCABULARY =
      new Vocabulary(
          TEXTS,
          Set.of(
              "creation_time",
              "creation_timestamp",
              "creation_timestamp_ms",
              "last_updated_timestamp",
              "last_updated_timestamp_ms"),
          TEXTS,
          Set.of(Entity.METRIC, Entity.TAG, Entity.PARAM),
          Set.of(Entity.TAG, Entity.PARAM));

  /** What a metric was measured on; null is any name, or any digest. */
  record MeasuredOn(@Nullable String name, @Nullable String digest) {}

  /**
   * A sort key.
   *
   * @param dataset restricts a metric; at most one
   */
  record Sort(Subject subject, Order.Direction direction, List<MeasuredOn> dataset) {
    Sort {
      dataset = List.copyOf(dataset);
    }
  }

  /** Which models, and in which order. */
  record Query(
      List<Long> experimentIds, String filter, List<MeasuredOn> datasets, List<Sort> sorts) {
    /** Refuses what no search can do. */
    Query {
      requireAtMost("datasets", datasets.size(), MOST_DATASETS);
      requireAtMost("order_by", sorts.size(), MOST_SORTS);
      if (datasets.stream().anyMatch(dataset -> dataset.name() == null)) {
        throw StoreException.invalid("`dataset_name` in the `datasets` clause must be specified.");
      }
    }
  }

  private final Database database;
  private final JdbcLoggedModelSearch rows;

  LoggedModelSearch(Database database, JdbcLoggedModelSearch rows) {
    this.database = database;
    this.rows = rows;
  }

  Page<LoggedModel> search(Query query, Page.Request request) {
    var filter = VOCABULARY.parse(query.filter());
    var metrics = filter.comparisons().filter(LoggedModelSearch::isMetric).count();
    requireAtMost(
        "datasets times metrics of the filter", query.datasets().size() * metrics, MOST_MEASURED);
    if (query.experimentIds().isEmpty()) {
      return new Page<>(List.of(), null);
    }
    return database.read(() -> rows.search(query, filter, request));
  }

  static boolean isMetric(Comparison comparison) {
    return comparison.subject().entity() == Entity.METRIC;
  }

  private static void requireAtMost(String list, long size, int most) {
    if (size > most) {
      throw StoreException.invalid(
          "%s has %s entries; the most is %s. Split the search.".formatted(list, size, most));
    }
  }

  /** What a field of an order is about: an attribute, or {@code metrics.} and a key. */
  static Subject sortSubject(String field) {
    if (field.startsWith("metrics.")) {
      return new Subject(Entity.METRIC, field.substring("metrics.".length()));
    }
    if (field.contains(".")) {
      throw StoreException.invalid(
          "Invalid order by field name: %s. Only metrics are supported.".formatted(field));
    }
    if (!VOCABULARY.textAttributes().contains(field)
        && !VOCABULARY.numberAttributes().contains(field)) {
      throw StoreException.invalid("Invalid order by field name: %s".formatted(field));
    }
    return new Subject(Entity.ATTRIBUTE, field);
  }
}
