package dev.millrace.store.run;

import dev.millrace.store.database.Database;
import org.springframework.stereotype.Repository;

/** Writes the rows of metrics about logged models. */
@Repository
final class JdbcModelMetrics {
  private final Database database;

  JdbcModelMetrics(Database database) {
    this.database = database;
  }

  /** Adds a point, once however often it comes; false when there is no such model. */
  boolean add(String runId, ModelMetric measured) {
    var metric = measured.metric();
    return database
            .jdbc()
            .sql(
                """
                INSERT INTO logged_model_metrics (model_id, metric_name, metric_timestamp_ms, metric_step, metric_value,
                  experiment_id, run_id, dataset_name, dataset_digest)
                SELECT model_id, :key, :timestamp, :step, :value, experiment_id, :run, :dataset, :digest
                FROM logged_models WHERE model_id = :model
                ON CONFLICT (model_id, metric_name, metric_timestamp_ms, metric_step, run_id)
                DO UPDATE SET metric_value = excluded.metric_value
                """)
            .param("model", measured.modelId())
            .param("key", metric.key())
            .param("timestamp", metric.timestamp())
            .param("step", metric.step())
            .param("value", Double.isNaN(metric.value()) ? null : metric.value())
            .param("run", runId)
            .param("dataset", measured.datasetName())
            .param("digest", measured.datasetDigest())
            .update()
        == 1;
  }
}
