package dev.millrace.store.loggedmodel;

import dev.millrace.protocol.mlflow.LoggedModel;
import dev.millrace.store.database.Database;
import dev.millrace.store.loggedmodel.LoggedModelSearch.MeasuredOn;
import dev.millrace.store.loggedmodel.LoggedModelSearch.Query;
import dev.millrace.store.loggedmodel.LoggedModelSearch.Sort;
import dev.millrace.store.search.Entity;
import dev.millrace.store.search.Filter;
import dev.millrace.store.search.JdbcSearch;
import dev.millrace.store.search.JdbcSearch.Related;
import dev.millrace.store.search.Order;
import dev.millrace.store.search.Page;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.springframework.stereotype.Repository;

/** Finds the rows of logged models. */
@Repository
final class JdbcLoggedModelSearch {
  private static final String SAME_MODEL = "x.model_id = m.model_id";
  private static final Map<String, String> COLUMNS =
      Map.ofEntries(
          Map.entry("name", "m.name"),
          Map.entry("model_id", "m.model_id"),
          Map.entry("model_type", "m.model_type"),
          Map.entry(
              "status",
              "CASE m.status WHEN 1 THEN 'PENDING' WHEN 2 THEN 'READY' WHEN 3 THEN 'UPLOAD_FAILED' END"),
          Map.entry("source_run_id", "m.source_run_id"),
          Map.entry("artifact_location", "m.artifact_location"),
          Map.entry("experiment_id", "CAST(m.experiment_id AS TEXT)"),
          Map.entry("lifecycle_stage", "m.lifecycle_stage"),
          Map.entry("creation_time", "m.creation_timestamp_ms"),
          Map.entry("creation_timestamp", "m.creation_timestamp_ms"),
          Map.entry("creation_timestamp_ms", "m.creation_timestamp_ms"),
          Map.entry("last_updated_timestamp", "m.last_updated_timestamp_ms"),
          Map.entry("last_updated_timestamp_ms", "m.last_updated_timestamp_ms"));

  private final Database database;
  private final JdbcLoggedModels models;

  JdbcLoggedModelSearch(Database database, JdbcLoggedModels models) {
    this.database = database;
    this.models = models;
  }

  Page<LoggedModel> search(Query query, Filter filter, Page.Request request) {
    var parameters = new HashMap<String, Object>();
    var measured = measuredOn(query.datasets(), parameters);
    var search =
        new JdbcSearch(tables(measured), database.dialect())
            .where("m.experiment_id IN (:experiments)", "experiments", query.experimentIds())
            .where("m.lifecycle_stage = 'active'")
            .where(JdbcLoggedModels.NOT_REMOVED)
            .filter(filter);
    // Without a metric in the filter, any metric on the data sets will do.
    if (!query.datasets().isEmpty()
        && filter.comparisons().noneMatch(LoggedModelSearch::isMetric)) {
      search.where(
          "EXISTS (SELECT 1 FROM logged_model_metrics x WHERE "
              + SAME_MODEL
              + " AND "
              + measured
              + ")");
    }
    query.sorts().forEach(sort -> sort(search, sort, parameters));
    return search
        .with(parameters)
        .page(database.jdbc(), request, (row, _) -> JdbcLoggedModels.info(row))
        .mapAll(models::complete);
  }

  private static void sort(JdbcSearch search, Sort sort, Map<String, Object> parameters) {
    var order = new Order(sort.subject(), sort.direction());
    if (sort.subject().entity() == Entity.ATTRIBUTE) {
      search.order(List.of(order));
    } else {
      search.order(order, latest(sort, parameters));
    }
  }

  /** The newest value of a metric of each model, on the data set if one is named. */
  private static Related latest(Sort sort, Map<String, Object> parameters) {
    var key = parameter(sort.subject().key(), parameters);
    return new Related(
        """
        (SELECT model_id, value, is_nan FROM (
          SELECT model_id, metric_value AS value, metric_value IS NULL AS is_nan,
            ROW_NUMBER() OVER (PARTITION BY model_id
              ORDER BY metric_timestamp_ms DESC, metric_step DESC, run_id) AS place
          FROM logged_model_metrics WHERE metric_name = %s AND %s) ranked WHERE place = 1) x"""
            .formatted(key, measuredOn(sort.dataset(), parameters)),
        SAME_MODEL,
        Map.of());
  }

  private static String measuredOn(List<MeasuredOn> datasets, Map<String, Object> parameters) {
    return datasets.isEmpty()
        ? "TRUE"
        : datasets.stream()
            .map(dataset -> measuredOn(dataset, parameters))
            .collect(Collectors.joining(" OR ", "(", ")"));
  }

  private static String measuredOn(MeasuredOn dataset, Map<String, Object> parameters) {
    var name =
        dataset.name() == null ? "TRUE" : "dataset_name = " + parameter(dataset.name(), parameters);
    return dataset.digest() == null
        ? name
        : "(" + name + " AND dataset_digest = " + parameter(dataset.digest(), parameters) + ")";
  }

  private static String parameter(String value, Map<String, Object> parameters) {
    var name = "m" + parameters.size();
    parameters.put(name, value);
    return ":" + name;
  }

  private static JdbcSearch.Tables tables(String measured) {
    return new JdbcSearch.Tables(
        "logged_models m",
        COLUMNS,
        Set.of("m.model_id", "m.name", "m.creation_timestamp_ms", "m.last_updated_timestamp_ms"),
        Map.of(
            Entity.TAG,
            new Related(
                "(SELECT model_id, tag_key AS key, tag_value AS value FROM logged_model_tags) x",
                SAME_MODEL,
                Map.of()),
            Entity.METRIC,
            new Related(
                """
                (SELECT model_id, metric_name AS key, metric_value AS value, metric_value IS NULL AS is_nan
                 FROM logged_model_metrics WHERE %s) x"""
                    .formatted(measured),
                SAME_MODEL,
                Map.of()),
            Entity.PARAM,
            new Related(
                "(SELECT model_id, param_key AS key, param_value AS value FROM logged_model_params) x",
                SAME_MODEL,
                Map.of())),
        Set.of(),
        "m.creation_timestamp_ms DESC, m.model_id");
  }
}
