-- webhooks and webhook_events are MLflow's, and webhook_deliveries is this store's own. Deleting a webhook deletes its rows, secret included.
CREATE TABLE webhooks (
  webhook_id VARCHAR(256) NOT NULL PRIMARY KEY,
  name VARCHAR(256) NOT NULL,
  description VARCHAR(5000),
  url VARCHAR(2000) NOT NULL,
  status VARCHAR(20) NOT NULL CHECK (status IN ('ACTIVE', 'DISABLED')),
  -- Encrypted; null when deliveries are not signed.
  secret TEXT,
  creation_timestamp BIGINT NOT NULL,
  last_updated_timestamp BIGINT NOT NULL
);
CREATE INDEX index_webhooks_creation_timestamp ON webhooks (creation_timestamp DESC, webhook_id);

-- position keeps the order in which the events were given: a test without an event takes the first.
CREATE TABLE webhook_events (
  webhook_id VARCHAR(256) NOT NULL REFERENCES webhooks (webhook_id) ON DELETE CASCADE,
  entity VARCHAR(50) NOT NULL,
  action VARCHAR(50) NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (webhook_id, entity, action)
);
CREATE INDEX index_webhook_events_entity_action ON webhook_events (entity, action);

-- One event for one webhook, written together with the change that it tells of. finish_time is null while it waits to be sent.
CREATE TABLE webhook_deliveries (
  delivery_number ${identity},
  delivery_id VARCHAR(36) NOT NULL UNIQUE,
  webhook_id VARCHAR(256) NOT NULL REFERENCES webhooks (webhook_id) ON DELETE CASCADE,
  entity VARCHAR(50) NOT NULL,
  action VARCHAR(50) NOT NULL,
  body TEXT NOT NULL,
  status VARCHAR(20) NOT NULL CHECK (status IN ('PENDING', 'DELIVERED', 'FAILED')),
  attempts INTEGER NOT NULL,
  response_status INTEGER,
  error_message VARCHAR(1000),
  creation_time BIGINT NOT NULL,
  due_time BIGINT NOT NULL,
  finish_time BIGINT,
  -- Which process sends it right now, and until when the others leave it alone.
  lease_owner VARCHAR(36),
  lease_until BIGINT NOT NULL
);
CREATE INDEX index_webhook_deliveries_waiting ON webhook_deliveries (webhook_id, finish_time, delivery_number);
CREATE INDEX index_webhook_deliveries_newest ON webhook_deliveries (webhook_id, delivery_number);
CREATE INDEX index_webhook_deliveries_lease_owner ON webhook_deliveries (lease_owner);
