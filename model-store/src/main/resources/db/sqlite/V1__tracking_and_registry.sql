-- Table and column names are MLflow's, so that an MLflow database can be adopted later.

CREATE TABLE experiments (
  experiment_id INTEGER NOT NULL PRIMARY KEY,
  name VARCHAR(500) NOT NULL UNIQUE,
  artifact_location VARCHAR(1000),
  lifecycle_stage VARCHAR(32) NOT NULL CHECK (lifecycle_stage IN ('active', 'deleted')),
  creation_time BIGINT,
  last_update_time BIGINT
);
CREATE INDEX index_experiments_creation_time ON experiments (creation_time DESC, experiment_id DESC);

CREATE TABLE experiment_tags (
  key VARCHAR(250) NOT NULL,
  value TEXT,
  experiment_id INTEGER NOT NULL REFERENCES experiments (experiment_id),
  PRIMARY KEY (experiment_id, key)
);

CREATE TABLE runs (
  run_uuid VARCHAR(32) NOT NULL PRIMARY KEY,
  name VARCHAR(500),
  user_id VARCHAR(256),
  status VARCHAR(9) NOT NULL CHECK (status IN ('SCHEDULED', 'FAILED', 'FINISHED', 'RUNNING', 'KILLED')),
  start_time BIGINT NOT NULL,
  end_time BIGINT,
  deleted_time BIGINT,
  lifecycle_stage VARCHAR(20) NOT NULL CHECK (lifecycle_stage IN ('active', 'deleted')),
  artifact_uri VARCHAR(1000) NOT NULL,
  experiment_id INTEGER NOT NULL REFERENCES experiments (experiment_id)
);
CREATE INDEX index_runs_experiment_id_start_time ON runs (experiment_id, start_time DESC, run_uuid);

CREATE TABLE tags (
  key VARCHAR(250) NOT NULL,
  value VARCHAR(8000),
  run_uuid VARCHAR(32) NOT NULL REFERENCES runs (run_uuid),
  PRIMARY KEY (run_uuid, key)
);

CREATE TABLE params (
  key VARCHAR(250) NOT NULL,
  value VARCHAR(8000) NOT NULL,
  run_uuid VARCHAR(32) NOT NULL REFERENCES runs (run_uuid),
  PRIMARY KEY (run_uuid, key)
);

-- The primary key is the order in which a history is read.
CREATE TABLE metrics (
  key VARCHAR(250) NOT NULL,
  value DOUBLE PRECISION NOT NULL,
  timestamp BIGINT NOT NULL,
  run_uuid VARCHAR(32) NOT NULL REFERENCES runs (run_uuid),
  step BIGINT NOT NULL DEFAULT 0,
  is_nan BOOLEAN NOT NULL DEFAULT FALSE,
  PRIMARY KEY (run_uuid, key, timestamp, step, value, is_nan)
);

CREATE TABLE latest_metrics (
  key VARCHAR(250) NOT NULL,
  value DOUBLE PRECISION NOT NULL,
  timestamp BIGINT NOT NULL,
  step BIGINT NOT NULL,
  is_nan BOOLEAN NOT NULL,
  run_uuid VARCHAR(32) NOT NULL REFERENCES runs (run_uuid),
  PRIMARY KEY (run_uuid, key)
);

CREATE TABLE datasets (
  dataset_uuid VARCHAR(36) NOT NULL UNIQUE,
  experiment_id INTEGER NOT NULL REFERENCES experiments (experiment_id) ON DELETE CASCADE,
  name VARCHAR(500) NOT NULL,
  digest VARCHAR(36) NOT NULL,
  dataset_source_type VARCHAR(36) NOT NULL,
  dataset_source TEXT NOT NULL,
  dataset_schema TEXT,
  dataset_profile TEXT,
  PRIMARY KEY (experiment_id, name, digest)
);

-- What a run read and wrote: ('DATASET', data set, 'RUN', run), ('RUN_INPUT', run, 'MODEL_INPUT', model),
-- ('RUN_OUTPUT', run, 'MODEL_OUTPUT', model).
CREATE TABLE inputs (
  input_uuid VARCHAR(36) NOT NULL UNIQUE,
  source_type VARCHAR(36) NOT NULL,
  source_id VARCHAR(36) NOT NULL,
  destination_type VARCHAR(36) NOT NULL,
  destination_id VARCHAR(36) NOT NULL,
  step BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (source_type, source_id, destination_type, destination_id)
);
CREATE INDEX index_inputs_destination ON inputs (destination_type, destination_id, source_type);

CREATE TABLE input_tags (
  input_uuid VARCHAR(36) NOT NULL REFERENCES inputs (input_uuid),
  name VARCHAR(255) NOT NULL,
  value VARCHAR(500) NOT NULL,
  PRIMARY KEY (input_uuid, name)
);

CREATE TABLE logged_models (
  model_id VARCHAR(36) NOT NULL PRIMARY KEY,
  experiment_id INTEGER NOT NULL REFERENCES experiments (experiment_id) ON DELETE CASCADE,
  name VARCHAR(500) NOT NULL,
  artifact_location VARCHAR(1000) NOT NULL,
  creation_timestamp_ms BIGINT NOT NULL,
  last_updated_timestamp_ms BIGINT NOT NULL,
  status INTEGER NOT NULL,
  lifecycle_stage VARCHAR(32) NOT NULL CHECK (lifecycle_stage IN ('active', 'deleted')),
  model_type VARCHAR(500),
  source_run_id VARCHAR(32)
);
CREATE INDEX index_logged_models_experiment_id ON logged_models (experiment_id, creation_timestamp_ms DESC);

CREATE TABLE logged_model_params (
  model_id VARCHAR(36) NOT NULL REFERENCES logged_models (model_id) ON DELETE CASCADE,
  param_key VARCHAR(255) NOT NULL,
  param_value TEXT NOT NULL,
  PRIMARY KEY (model_id, param_key)
);

CREATE TABLE logged_model_tags (
  model_id VARCHAR(36) NOT NULL REFERENCES logged_models (model_id) ON DELETE CASCADE,
  tag_key VARCHAR(255) NOT NULL,
  tag_value TEXT NOT NULL,
  PRIMARY KEY (model_id, tag_key)
);

CREATE TABLE registered_models (
  name VARCHAR(256) NOT NULL PRIMARY KEY,
  creation_time BIGINT NOT NULL,
  last_updated_time BIGINT NOT NULL,
  description VARCHAR(5000)
);

CREATE TABLE registered_model_tags (
  key VARCHAR(250) NOT NULL,
  value TEXT,
  name VARCHAR(256) NOT NULL REFERENCES registered_models (name) ON UPDATE CASCADE ON DELETE CASCADE,
  PRIMARY KEY (name, key)
);

-- A deleted version stays as a row in the stage 'Deleted_Internal', so that its number is not given again.
CREATE TABLE model_versions (
  name VARCHAR(256) NOT NULL REFERENCES registered_models (name) ON UPDATE CASCADE ON DELETE CASCADE,
  version INTEGER NOT NULL,
  creation_time BIGINT NOT NULL,
  last_updated_time BIGINT NOT NULL,
  description VARCHAR(5000),
  user_id VARCHAR(256),
  current_stage VARCHAR(20) NOT NULL,
  source VARCHAR(1000),
  run_id VARCHAR(32),
  status VARCHAR(20) NOT NULL,
  status_message VARCHAR(500),
  run_link VARCHAR(500),
  storage_location VARCHAR(1000),
  PRIMARY KEY (name, version)
);
CREATE INDEX index_model_versions_run_id ON model_versions (run_id);

CREATE TABLE model_version_tags (
  key VARCHAR(250) NOT NULL,
  value TEXT,
  name VARCHAR(256) NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (name, version, key),
  FOREIGN KEY (name, version) REFERENCES model_versions (name, version) ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE TABLE registered_model_aliases (
  alias VARCHAR(256) NOT NULL,
  version INTEGER NOT NULL,
  name VARCHAR(256) NOT NULL REFERENCES registered_models (name) ON UPDATE CASCADE ON DELETE CASCADE,
  PRIMARY KEY (name, alias)
);

INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time)
VALUES (0, 'Default', 'mlflow-artifacts:/0', 'active', CAST(strftime('%s', 'now') AS INTEGER) * 1000, CAST(strftime('%s', 'now') AS INTEGER) * 1000);
