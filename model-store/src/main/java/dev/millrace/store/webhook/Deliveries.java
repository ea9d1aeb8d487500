package dev.millrace.store.webhook;

import dev.millrace.store.database.Database;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The book of deliveries: which are to be sent, which this process has taken on, what became of
 * them.
 *
 * <p>Several processes may share one database. Who takes a delivery on holds a lease of it, renewed
 * while it is under way; when the process dies, another takes over once the lease has run out.
 */
final class Deliveries {
  /** So many finished deliveries of each webhook can be looked up. */
  static final int KEPT = 100;

  /** How long a dead process holds a delivery back. */
  static final Duration LEASE = Duration.ofSeconds(15);

  private static final Logger log = LoggerFactory.getLogger(Deliveries.class);

  private final Database database;
  private final JdbcWebhooks webhooks;
  private final JdbcDeliveries rows;
  private final RetryPolicy policy;
  private final Clock clock;
  private final String owner = UUID.randomUUID().toString();

  Deliveries(
      Database database,
      JdbcWebhooks webhooks,
      JdbcDeliveries rows,
      RetryPolicy policy,
      Clock clock) {
    this.database = database;
    this.webhooks = webhooks;
    this.rows = rows;
    this.policy = policy;
    this.clock = clock;
  }

  /** The oldest delivery of each active webhook that has one. */
  List<JdbcDeliveries.Head> heads() {
    return database.read(() -> rows.heads(owner));
  }

  /** The next delivery of the webhook, when it is due. */
  Optional<Delivery> take(String webhookId) {
    return database.write(() -> claim(webhookId));
  }

  /** Writes down how the attempt ended. */
  void settle(Delivery delivery, Outcome outcome) {
    var verdict = verdict(delivery, outcome);
    database.write(() -> settle(delivery, verdict));
    logGivenUp(delivery, verdict);
  }

  /** The same, and takes the next one, when it is due. */
  Optional<Delivery> settleAndTakeNext(Delivery delivery, Outcome outcome) {
    var verdict = verdict(delivery, outcome);
    var next =
        database.write(
            () -> {
              settle(delivery, verdict);
              return claim(delivery.receiver().webhookId());
            });
    logGivenUp(delivery, verdict);
    return next;
  }

  void renew() {
    database.write(() -> rows.renew(lease()));
  }

  void release() {
    database.write(() -> rows.release(owner));
  }

  private Verdict verdict(Delivery delivery, Outcome outcome) {
    var jitter = ThreadLocalRandom.current().nextDouble();
    return policy.after(outcome, delivery.attempts() + 1, jitter);
  }

  private void settle(Delivery delivery, Verdict verdict) {
    rows.settle(delivery, verdict, lease());
    rows.trim(delivery.receiver().webhookId(), KEPT);
  }

  private static void logGivenUp(Delivery delivery, Verdict verdict) {
    if (verdict instanceof Verdict.GivenUp givenUp) {
      log.warn(
          "Webhook delivery given up: webhook={} delivery={} attempts={} reason={}",
          delivery.receiver().webhookId(),
          delivery.id(),
          delivery.attempts() + 1,
          givenUp.reason());
    }
  }

  private Optional<Delivery> claim(String webhookId) {
    return webhooks.receiver(webhookId).flatMap(receiver -> rows.claim(receiver, lease()));
  }

  private JdbcDeliveries.Lease lease() {
    var now = clock.millis();
    return new JdbcDeliveries.Lease(owner, now, now + LEASE.toMillis());
  }
}
