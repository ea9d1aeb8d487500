package dev.millrace.store.run;

import dev.millrace.protocol.mlflow.Run;
import dev.millrace.store.database.Database;
import dev.millrace.store.experiment.LifecycleView;
import dev.millrace.store.failure.StoreException;
import dev.millrace.store.search.Comparison;
import dev.millrace.store.search.Comparison.Subject;
import dev.millrace.store.search.Entity;
import dev.millrace.store.search.Order;
import dev.millrace.store.search.Page;
import dev.millrace.store.search.Vocabulary;
import java.util.List;
import java.util.Set;
import org.springframework.stereotype.Service;

/** Finds runs. */
@Service
final class RunSearch {
  private static final Subject NAME = new Subject(Entity.ATTRIBUTE, "run_name");
  private static final Vocabulary VOCABULARY =
      new Vocabulary(
          Set.of("run_id", "run_name", "status", "artifact_uri", "user_id"),
          Set.of("start_time", "end_time"),
          Set.of("run_id"),
          Set.of(Entity.METRIC, Entity.PARAM, Entity.TAG, Entity.DATASET));

  /** Which runs, and in which order. */
  record Query(List<Long> experimentIds, String filter, List<String> orderBy, LifecycleView view) {}

  private final Database database;
  private final JdbcRuns rows;
  private final JdbcRunData data;

  RunSearch(Database database, JdbcRuns rows, JdbcRunData data) {
    this.database = database;
    this.rows = rows;
    this.data = data;
  }

  Page<Run> search(Query query, Page.Request request) {
    var wanted = VOCABULARY.parse(query.filter()).map(RunSearch::byTag);
    var orders = Order.parse(query.orderBy(), VOCABULARY);
    if (orders.stream().map(Order::subject).distinct().count() < orders.size()) {
      throw StoreException.invalid(
          "`order_by` contains duplicate fields: %s".formatted(query.orderBy()));
    }
    if (query.experimentIds().isEmpty()) {
      return new Page<>(List.of(), null);
    }
    return database.read(() -> rows.search(query, wanted, orders, request).mapAll(data::complete));
  }

  /** The name of a run is in a tag too, which has an index. */
  private static Comparison byTag(Comparison comparison) {
    return comparison.subject().equals(NAME)
        ? new Comparison(
            new Subject(Entity.TAG, Runs.NAME_TAG), comparison.operator(), comparison.value())
        : comparison;
  }
}
