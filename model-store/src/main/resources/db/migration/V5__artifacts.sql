-- What is being removed for good: out of sight from here on, until its rows and then its files are gone.
CREATE TABLE removals (
  kind VARCHAR(12) NOT NULL CHECK (kind IN ('EXPERIMENT', 'RUN', 'LOGGED_MODEL')),
  id VARCHAR(36) NOT NULL,
  artifact_location VARCHAR(1000) NOT NULL,
  PRIMARY KEY (kind, id)
);

-- Numbers that are not given again, since what once pointed at an experiment must not find another.
CREATE TABLE removed_experiments (
  experiment_id INTEGER NOT NULL PRIMARY KEY
);

CREATE INDEX index_runs_deleted ON runs (run_uuid) WHERE lifecycle_stage = 'deleted';
CREATE INDEX index_logged_models_deleted ON logged_models (model_id) WHERE lifecycle_stage = 'deleted';
CREATE INDEX index_logged_model_metrics_run_id
  ON logged_model_metrics (run_id, model_id, metric_name, metric_timestamp_ms, metric_step);
-- For the foreign key, which is looked up when an experiment is deleted.
CREATE INDEX index_logged_model_metrics_experiment_id ON logged_model_metrics (experiment_id);
