-- Metrics that a run logged about a logged model. A value that is NaN is null.
CREATE TABLE logged_model_metrics (
  model_id VARCHAR(36) NOT NULL REFERENCES logged_models (model_id) ON DELETE CASCADE,
  metric_name VARCHAR(250) NOT NULL,
  metric_timestamp_ms BIGINT NOT NULL,
  metric_step BIGINT NOT NULL,
  metric_value DOUBLE PRECISION,
  experiment_id INTEGER NOT NULL REFERENCES experiments (experiment_id),
  run_id VARCHAR(32) NOT NULL REFERENCES runs (run_uuid),
  dataset_name VARCHAR(500),
  dataset_digest VARCHAR(36),
  PRIMARY KEY (model_id, metric_name, metric_timestamp_ms, metric_step, run_id)
);
