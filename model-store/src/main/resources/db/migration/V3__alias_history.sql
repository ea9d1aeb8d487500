-- Every move of an alias, also of those that are gone. No foreign keys: a move outlives its model.
CREATE TABLE registered_model_alias_moves (
  revision BIGINT NOT NULL PRIMARY KEY,
  name VARCHAR(256) NOT NULL,
  alias VARCHAR(256) NOT NULL,
  version INTEGER,
  previous_version INTEGER,
  moved_at BIGINT NOT NULL,
  moved_by VARCHAR(256) NOT NULL,
  reason VARCHAR(5000) NOT NULL,
  -- The model was deleted after the move: a model of the same name numbers its versions anew.
  model_deleted BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX index_registered_model_alias_moves_alias ON registered_model_alias_moves (name, alias, revision);
CREATE INDEX index_registered_model_alias_moves_name ON registered_model_alias_moves (name, revision);

-- One row, the last revision that was given. A write that moves aliases locks it, so that revisions become visible in
-- their order.
CREATE TABLE registered_model_alias_revision (
  id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  revision BIGINT NOT NULL
);
INSERT INTO registered_model_alias_revision (id, revision) VALUES (1, 0);
