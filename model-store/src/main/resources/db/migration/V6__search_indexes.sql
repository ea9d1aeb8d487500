-- A search that sorts by a metric reads it in this order, and stops when its page is full. NaN is no number.
CREATE INDEX index_latest_metrics_key_value ON latest_metrics (key, value) WHERE NOT is_nan;

-- The start of a value is enough to find it, and PostgreSQL takes no entries of more than 2,700 bytes.
CREATE INDEX index_params_key_value ON params (key, SUBSTR(value, 1, 100));
CREATE INDEX index_tags_key_value ON tags (key, SUBSTR(value, 1, 100));

-- The newest runs of several experiments.
CREATE INDEX index_runs_start_time ON runs (start_time DESC, run_uuid);
