package dev.millrace.store.webhook;

import dev.millrace.store.database.Database;
import dev.millrace.store.database.Rows;
import dev.millrace.store.search.Page;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/** The rows of webhooks and of the events that they are for. */
@Repository
final class JdbcWebhooks {
  private final Database database;

  JdbcWebhooks(Database database) {
    this.database = database;
  }

  void insert(Webhook webhook, @Nullable String sealedSecret) {
    fields(
            """
            INSERT INTO webhooks (webhook_id, name, description, url, status, secret, creation_timestamp, last_updated_timestamp)
            VALUES (:id, :name, :description, :url, :status, :secret, :created, :updated)
            """,
            webhook)
        .param("created", webhook.creationTimestamp())
        .param("secret", sealedSecret)
        .update();
    insertEvents(webhook);
  }

  void update(Webhook webhook) {
    fields(
            """
            UPDATE webhooks SET name = :name, description = :description, url = :url, status = :status,
              last_updated_timestamp = :updated
            WHERE webhook_id = :id
            """,
            webhook)
        .update();
    of("DELETE FROM webhook_events WHERE webhook_id = :id", webhook.webhookId()).update();
    insertEvents(webhook);
  }

  void setSecret(String id, @Nullable String sealedSecret) {
    of("UPDATE webhooks SET secret = :secret WHERE webhook_id = :id", id)
        .param("secret", sealedSecret)
        .update();
  }

  /** Events and deliveries follow by their foreign keys. */
  void delete(String id) {
    of("DELETE FROM webhooks WHERE webhook_id = :id", id).update();
  }

  Optional<Webhook> find(String id) {
    var found =
        of("SELECT * FROM webhooks WHERE webhook_id = :id", id)
            .query((row, _) -> webhook(row))
            .list();
    return complete(found).stream().findFirst();
  }

  Optional<Receiver> receiver(String id) {
    return of("SELECT webhook_id, url, secret FROM webhooks WHERE webhook_id = :id", id)
        .query((row, _) -> receiver(row))
        .optional();
  }

  Page<Webhook> list(Page.Request request) {
    var found =
        database
            .jdbc()
            .sql(
                """
                SELECT * FROM webhooks ORDER BY creation_timestamp DESC, webhook_id
                LIMIT :limit OFFSET :offset
                """)
            .param("limit", request.limit())
            .param("offset", request.offset())
            .query((row, _) -> webhook(row))
            .list();
    return request.of(found).mapAll(this::complete);
  }

  int count() {
    return database.jdbc().sql("SELECT COUNT(*) FROM webhooks").query(Integer.class).single();
  }

  /** Who wants to hear of the event now. */
  List<String> subscribers(EventType type) {
    return database
        .jdbc()
        .sql(
            """
            SELECT w.webhook_id FROM webhook_events e JOIN webhooks w ON w.webhook_id = e.webhook_id
            WHERE e.entity = :entity AND e.action = :action AND w.status = 'ACTIVE'
            """)
        .param("entity", type.entity())
        .param("action", type.action())
        .query((row, _) -> row.getString("webhook_id"))
        .list();
  }

  static Receiver receiver(ResultSet row) throws SQLException {
    return new Receiver(row.getString("webhook_id"), row.getString("url"), row.getString("secret"));
  }

  private void insertEvents(Webhook webhook) {
    for (int position = 0; position < webhook.events().size(); position++) {
      var event = webhook.events().get(position);
      of(
              """
              INSERT INTO webhook_events (webhook_id, entity, action, position)
              VALUES (:id, :entity, :action, :position)
              """,
              webhook.webhookId())
          .param("entity", event.entity().toLowerCase(Locale.ROOT))
          .param("action", event.action().toLowerCase(Locale.ROOT))
          .param("position", position)
          .update();
    }
  }

  private List<Webhook> complete(List<Webhook> webhooks) {
    var events =
        Rows.byOwner(
            database.jdbc(),
            """
            SELECT webhook_id AS owner, entity, action FROM webhook_events
            WHERE webhook_id IN (:ids) ORDER BY webhook_id, position
            """,
            webhooks.stream().map(Webhook::webhookId).toList(),
            (row, _) ->
                Webhook.Event.of(EventType.of(row.getString("entity"), row.getString("action"))));
    return webhooks.stream()
        .map(webhook -> webhook.with(events.getOrDefault(webhook.webhookId(), List.of())))
        .toList();
  }

  private JdbcClient.StatementSpec fields(String sql, Webhook webhook) {
    return of(sql, webhook.webhookId())
        .param("name", webhook.name())
        .param("description", webhook.description())
        .param("url", webhook.url())
        .param("status", webhook.status().name())
        .param("updated", webhook.lastUpdatedTimestamp());
  }

  private JdbcClient.StatementSpec of(String sql, String id) {
    return database.jdbc().sql(sql).param("id", id);
  }

  private static Webhook webhook(ResultSet row) throws SQLException {
    return new Webhook(
        row.getString("webhook_id"),
        row.getString("name"),
        row.getString("description"),
        row.getString("url"),
        List.of(),
        WebhookStatus.of(row.getString("status")),
        row.getLong("creation_timestamp"),
        row.getLong("last_updated_timestamp"));
  }
}
