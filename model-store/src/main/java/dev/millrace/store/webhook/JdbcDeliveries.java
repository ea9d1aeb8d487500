package dev.millrace.store.webhook;

import dev.millrace.store.database.Database;
import dev.millrace.store.database.Rows;
import dev.millrace.store.search.Page;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/** The rows of deliveries. The oldest of a webhook that waits is its head; only that is sent. */
@Repository
final class JdbcDeliveries {
  private static final int MAX_REASON = 1_000;

  /**
   * The oldest delivery of a webhook that waits.
   *
   * @param readyAt when its interval is over and no other process holds it
   */
  record Head(String webhookId, long readyAt) {}

  /** Who holds deliveries, and until when. */
  record Lease(String owner, long now, long until) {}

  private final Database database;

  JdbcDeliveries(Database database) {
    this.database = database;
  }

  /** A delivery that waits. */
  void insert(String webhookId, String deliveryId, EventType type, String body, long now) {
    inserting(
            """
            INSERT INTO webhook_deliveries
              (delivery_id, webhook_id, entity, action, body, status, attempts, creation_time, due_time, lease_until)
            VALUES (:delivery, :webhook, :entity, :action, :body, 'PENDING', 0, :now, :now, 0)
            """,
            webhookId,
            deliveryId,
            type)
        .param("body", body)
        .param("now", now)
        .update();
  }

  /** A delivery that is given up before its first attempt. */
  void insertFailed(String webhookId, String deliveryId, EventType type, String reason, long now) {
    inserting(
            """
            INSERT INTO webhook_deliveries
              (delivery_id, webhook_id, entity, action, body, status, attempts, error_message,
              creation_time, due_time, finish_time, lease_until)
            VALUES (:delivery, :webhook, :entity, :action, '', 'FAILED', 0, :reason, :now, :now, :now, 0)
            """,
            webhookId,
            deliveryId,
            type)
        .param("reason", shortened(reason))
        .param("now", now)
        .update();
  }

  /** Whether so many deliveries of the webhook wait. */
  boolean hasWaiting(String webhookId, int count) {
    return of(
            """
            SELECT delivery_number FROM webhook_deliveries WHERE webhook_id = :webhook AND finish_time IS NULL
            ORDER BY delivery_number LIMIT 1 OFFSET :skipped
            """,
            webhookId)
        .param("skipped", count - 1)
        .query(Long.class)
        .optional()
        .isPresent();
  }

  List<Head> heads(String owner) {
    return database
        .jdbc()
        .sql(
            """
            SELECT d.webhook_id, d.due_time, d.lease_until, d.lease_owner FROM webhooks w
            JOIN webhook_deliveries d ON d.delivery_number =
              (SELECT MIN(p.delivery_number) FROM webhook_deliveries p
               WHERE p.webhook_id = w.webhook_id AND p.finish_time IS NULL)
            WHERE w.status = 'ACTIVE'
            """)
        .query((row, _) -> head(row, owner))
        .list();
  }

  /**
   * Takes the head of the webhook on, when it is due and no other process has. The owner may take
   * on again what it could not settle.
   */
  Optional<Delivery> claim(Receiver receiver, Lease lease) {
    return of(
            """
            UPDATE webhook_deliveries SET lease_owner = :owner, lease_until = :until
            WHERE delivery_number =
              (SELECT MIN(p.delivery_number) FROM webhook_deliveries p
               WHERE p.webhook_id = :webhook AND p.finish_time IS NULL)
              AND finish_time IS NULL AND due_time <= :now AND (lease_until <= :now OR lease_owner = :owner)
              AND EXISTS (SELECT 1 FROM webhooks w WHERE w.webhook_id = :webhook AND w.status = 'ACTIVE')
            RETURNING delivery_number, delivery_id, body, attempts
            """,
            receiver.webhookId())
        .param("owner", lease.owner())
        .param("until", lease.until())
        .param("now", lease.now())
        .query(
            (row, _) ->
                new Delivery(
                    row.getLong("delivery_number"),
                    row.getString("delivery_id"),
                    row.getString("body"),
                    row.getInt("attempts"),
                    receiver))
        .optional();
  }

  /** Holds on to what the owner has taken on. */
  void renew(Lease lease) {
    database
        .jdbc()
        .sql(
            "UPDATE webhook_deliveries SET lease_until = :until WHERE lease_owner = :owner AND finish_time IS NULL")
        .param("until", lease.until())
        .param("owner", lease.owner())
        .update();
  }

  /** Lets others take on what the owner has. */
  void release(String owner) {
    database
        .jdbc()
        .sql(
            "UPDATE webhook_deliveries SET lease_owner = NULL, lease_until = 0 WHERE lease_owner = :owner")
        .param("owner", owner)
        .update();
  }

  /**
   * Writes down what became of an attempt, unless the delivery was given up or taken on by another
   * process meanwhile.
   */
  void settle(Delivery delivery, Verdict verdict, Lease lease) {
    switch (verdict) {
      case Verdict.Delivered(var status) -> finish(delivery, lease, "DELIVERED", status, null);
      case Verdict.GivenUp(var status, var reason) ->
          finish(delivery, lease, "FAILED", status, reason);
      case Verdict.Again again ->
          settling(
                  """
                  UPDATE webhook_deliveries SET attempts = attempts + 1, response_status = :status, error_message = :reason,
                    due_time = :due, lease_owner = NULL, lease_until = 0
                  WHERE delivery_number = :number AND lease_owner = :owner AND finish_time IS NULL
                  """,
                  delivery,
                  lease)
              .param("status", again.status())
              .param("reason", shortened(again.reason()))
              .param("due", lease.now() + again.delayMillis())
              .update();
    }
  }

  /** Gives up all that waits for a webhook. */
  void dropWaiting(String webhookId, String reason, long now) {
    of(
            """
            UPDATE webhook_deliveries SET status = 'FAILED', error_message = :reason, finish_time = :now, body = ''
            WHERE webhook_id = :webhook AND finish_time IS NULL
            """,
            webhookId)
        .param("reason", reason)
        .param("now", now)
        .update();
  }

  /** Forgets what was finished before the newest so many. */
  void trim(String webhookId, int kept) {
    of(
            """
            DELETE FROM webhook_deliveries WHERE webhook_id = :webhook AND finish_time <
              (SELECT f.finish_time FROM webhook_deliveries f
               WHERE f.webhook_id = :webhook AND f.finish_time IS NOT NULL
               ORDER BY f.finish_time DESC LIMIT 1 OFFSET :skipped)
            """,
            webhookId)
        .param("skipped", kept - 1)
        .update();
  }

  /** Newest first. */
  Page<DeliveryReport> reports(String webhookId, Page.Request request) {
    var found =
        of(
                """
                SELECT * FROM webhook_deliveries WHERE webhook_id = :webhook
                ORDER BY delivery_number DESC LIMIT :limit OFFSET :offset
                """,
                webhookId)
            .param("limit", request.limit())
            .param("offset", request.offset())
            .query((row, _) -> report(row))
            .list();
    return request.of(found);
  }

  // The body has served its purpose, and may be large.
  private void finish(
      Delivery delivery,
      Lease lease,
      String status,
      @Nullable Integer responseStatus,
      @Nullable String reason) {
    settling(
            """
            UPDATE webhook_deliveries SET attempts = attempts + 1, status = :state, response_status = :status,
              error_message = :reason, finish_time = :now, body = '', lease_owner = NULL, lease_until = 0
            WHERE delivery_number = :number AND lease_owner = :owner AND finish_time IS NULL
            """,
            delivery,
            lease)
        .param("state", status)
        .param("status", responseStatus)
        .param("reason", reason == null ? null : shortened(reason))
        .param("now", lease.now())
        .update();
  }

  private JdbcClient.StatementSpec settling(String sql, Delivery delivery, Lease lease) {
    return database
        .jdbc()
        .sql(sql)
        .param("number", delivery.number())
        .param("owner", lease.owner());
  }

  private JdbcClient.StatementSpec inserting(
      String sql, String webhookId, String deliveryId, EventType type) {
    return of(sql, webhookId)
        .param("delivery", deliveryId)
        .param("entity", type.entity())
        .param("action", type.action());
  }

  private JdbcClient.StatementSpec of(String sql, String webhookId) {
    return database.jdbc().sql(sql).param("webhook", webhookId);
  }

  private static String shortened(String reason) {
    return reason.length() <= MAX_REASON ? reason : reason.substring(0, MAX_REASON);
  }

  private static Head head(ResultSet row, String owner) throws SQLException {
    var due = row.getLong("due_time");
    var held = row.getLong("lease_until");
    var isOwn = owner.equals(row.getString("lease_owner"));
    return new Head(row.getString("webhook_id"), isOwn ? due : Math.max(due, held));
  }

  private static DeliveryReport report(ResultSet row) throws SQLException {
    var status = row.getString("status");
    return new DeliveryReport(
        row.getString("delivery_id"),
        Webhook.Event.of(EventType.of(row.getString("entity"), row.getString("action"))),
        status,
        row.getInt("attempts"),
        Rows.nullableLong(row, "response_status"),
        row.getString("error_message"),
        row.getLong("creation_time"),
        Rows.nullableLong(row, "finish_time"),
        status.equals("PENDING") ? row.getLong("due_time") : null);
  }
}
