package dev.millrace.store.webhook;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A receiver of events. Its secret is not a part of it, so that no answer or log can tell it. */
record Webhook(
    String webhookId,
    String name,
    @Nullable String description,
    String url,
    List<Event> events,
    WebhookStatus status,
    long creationTimestamp,
    long lastUpdatedTimestamp) {
  Webhook {
    events = List.copyOf(events);
  }

  /** The same with these events. */
  Webhook with(List<Event> others) {
    return new Webhook(
        webhookId, name, description, url, others, status, creationTimestamp, lastUpdatedTimestamp);
  }

  /** An event as MLflow's JSON names it. */
  record Event(String entity, String action) {
    static Event of(EventType type) {
      return new Event(
          type.entity().toUpperCase(Locale.ROOT), type.action().toUpperCase(Locale.ROOT));
    }

    EventType type() {
      return EventType.of(entity, action);
    }
  }
}
