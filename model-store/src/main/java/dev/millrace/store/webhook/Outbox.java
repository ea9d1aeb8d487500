package dev.millrace.store.webhook;

import dev.millrace.store.database.Database;
import dev.millrace.store.registry.RegistryEvent;
import dev.millrace.store.registry.RegistryEvents;
import java.time.Clock;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * Writes a delivery for each webhook that wants to hear of a change, in the transaction of the
 * change itself: neither can be without the other, whenever the process dies.
 */
@Component
final class Outbox implements RegistryEvents {
  private static final Logger log = LoggerFactory.getLogger(Outbox.class);
  private static final int MOST_WAITING = 10_000;

  private final Database database;
  private final JdbcWebhooks webhooks;
  private final JdbcDeliveries deliveries;
  private final Changes changes;
  private final Clock clock = Clock.systemUTC();

  Outbox(Database database, JdbcWebhooks webhooks, JdbcDeliveries deliveries, Changes changes) {
    this.database = database;
    this.webhooks = webhooks;
    this.deliveries = deliveries;
    this.changes = changes;
  }

  @Override
  public void tell(RegistryEvent event) {
    Payloads.of(event).ifPresent(this::post);
  }

  private void post(Message message) {
    var subscribers = webhooks.subscribers(message.type());
    if (subscribers.isEmpty()) {
      return;
    }
    var body = message.body(clock.instant());
    subscribers.forEach(webhookId -> post(webhookId, message.type(), body));
    database.afterCommit(changes::signal);
  }

  private void post(String webhookId, EventType type, String body) {
    var deliveryId = UUID.randomUUID().toString();
    if (deliveries.hasWaiting(webhookId, MOST_WAITING)) {
      var reason = "%s deliveries of this webhook wait already".formatted(MOST_WAITING);
      deliveries.insertFailed(webhookId, deliveryId, type, reason, clock.millis());
      deliveries.trim(webhookId, Deliveries.KEPT);
      log.warn(
          "Webhook delivery dropped: webhook={} delivery={} event={} reason={}",
          webhookId,
          deliveryId,
          type,
          reason);
      return;
    }
    deliveries.insert(webhookId, deliveryId, type, body, clock.millis());
  }
}
