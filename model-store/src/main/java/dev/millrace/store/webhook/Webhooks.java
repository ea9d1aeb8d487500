package dev.millrace.store.webhook;

import dev.millrace.store.database.Database;
import dev.millrace.store.failure.StoreException;
import dev.millrace.store.naming.Keys;
import dev.millrace.store.search.Page;
import java.time.Clock;
import java.util.Objects;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What can be done with webhooks. */
final class Webhooks {
  private static final Pattern NAME =
      Pattern.compile("(?=.{1,63}$)[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?");
  private static final int MAX_URL = 2_000;
  private static final int MAX_DESCRIPTION = 5_000;
  private static final int MAX_SECRET = 4_000;
  // Each event of the registry writes a row for each webhook that wants it.
  private static final int MOST_WEBHOOKS = 1_000;

  private final Database database;
  private final JdbcWebhooks rows;
  private final JdbcDeliveries deliveries;
  private final Receivers receivers;
  private final SecretBox secrets;
  private final Sender sender;
  private final Clock clock = Clock.systemUTC();

  Webhooks(
      Database database,
      JdbcWebhooks rows,
      JdbcDeliveries deliveries,
      Receivers receivers,
      SecretBox secrets,
      Sender sender) {
    this.database = database;
    this.rows = rows;
    this.deliveries = deliveries;
    this.receivers = receivers;
    this.secrets = secrets;
    this.sender = sender;
  }

  Webhook get(String id) {
    return database
        .read(() -> rows.find(id))
        .orElseThrow(() -> StoreException.missing("Webhook with ID %s not found.".formatted(id)));
  }

  Page<Webhook> list(Page.Request request) {
    return database.read(() -> rows.list(request));
  }

  /** A new one; the change has a name, a URL and events. */
  Webhook create(WebhookChange change) {
    check(change);
    var now = clock.millis();
    var webhook =
        new Webhook(
            UUID.randomUUID().toString(),
            Objects.requireNonNull(change.name()),
            presence(change.description()),
            Objects.requireNonNull(change.url()),
            change.events().stream().map(Webhook.Event::of).toList(),
            Objects.requireNonNullElse(change.status(), WebhookStatus.ACTIVE),
            now,
            now);
    var sealed = seal(webhook.webhookId(), change.secret());
    return database.write(
        () -> {
          if (rows.count() >= MOST_WEBHOOKS) {
            throw StoreException.invalid(
                "There are %s webhooks, which is the most. Delete some first."
                    .formatted(MOST_WEBHOOKS));
          }
          rows.insert(webhook, sealed);
          return webhook;
        });
  }

  Webhook update(String id, WebhookChange change) {
    get(id);
    check(change);
    var sealed = seal(id, change.secret());
    return database.write(
        () -> {
          var updated = changed(get(id), change);
          rows.update(updated);
          if (change.secret() != null) {
            rows.setSecret(id, sealed);
          }
          if (updated.status() == WebhookStatus.DISABLED) {
            deliveries.dropWaiting(id, "The webhook was disabled", clock.millis());
          }
          return updated;
        });
  }

  void delete(String id) {
    database.write(
        () -> {
          get(id);
          rows.delete(id);
        });
  }

  Page<DeliveryReport> reports(String id, Page.Request request) {
    return database.read(
        () -> {
          get(id);
          return deliveries.reports(id, request);
        });
  }

  /** Sends an example at once, of the webhook's first event when none is given. */
  Outcome test(String id, @Nullable EventType event) {
    var type = event == null ? get(id).events().getFirst().type() : event;
    var receiver =
        database
            .read(() -> rows.receiver(id))
            .orElseThrow(
                () -> StoreException.missing("Webhook with ID %s not found.".formatted(id)));
    var body = Message.example(type).body(clock.instant());
    return sender.send(receiver, UUID.randomUUID().toString(), body);
  }

  // Outside the write: a slow DNS must not hold up other writes.
  private void check(WebhookChange change) {
    if (change.name() != null && !NAME.matcher(change.name()).matches()) {
      throw StoreException.invalid(
          "Webhook name '%s' is invalid. It must start and end with a letter or digit, be less than 63 characters long, and contain only letters, digits, dots (.), underscores (_), and hyphens (-)."
              .formatted(change.name()));
    }
    requireLength("Webhook description", change.description(), MAX_DESCRIPTION);
    requireLength("Webhook secret", change.secret(), MAX_SECRET);
    requireLength("Webhook URL", change.url(), MAX_URL);
    if (change.url() != null) {
      receivers.check(change.url());
    }
  }

  private Webhook changed(Webhook old, WebhookChange change) {
    return new Webhook(
        old.webhookId(),
        Objects.requireNonNullElse(change.name(), old.name()),
        change.description() == null ? old.description() : presence(change.description()),
        Objects.requireNonNullElse(change.url(), old.url()),
        change.events().isEmpty()
            ? old.events()
            : change.events().stream().map(Webhook.Event::of).toList(),
        Objects.requireNonNullElse(change.status(), old.status()),
        old.creationTimestamp(),
        // Clients tell by it that something changed, even within one millisecond.
        Math.max(clock.millis(), old.lastUpdatedTimestamp() + 1));
  }

  private @Nullable String seal(String id, @Nullable String secret) {
    return presence(secret) == null ? null : secrets.seal(id, Objects.requireNonNull(secret));
  }

  private static void requireLength(String kind, @Nullable String text, int most) {
    if (text != null) {
      Keys.requireLength(kind, text, most);
    }
  }

  private static @Nullable String presence(@Nullable String text) {
    return text == null || text.isEmpty() ? null : text;
  }
}
