package dev.millrace.store.webhook;

import dev.millrace.store.edge.Parameters;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a request gives a webhook; what it leaves out is null, or an empty list.
 *
 * @param description empty takes the old one away
 * @param secret empty ends the signing
 */
record WebhookChange(
    @Nullable String name,
    @Nullable String url,
    List<EventType> events,
    @Nullable String description,
    @Nullable String secret,
    @Nullable WebhookStatus status) {
  WebhookChange {
    events = List.copyOf(events);
  }

  static WebhookChange of(Parameters p) {
    var status = p.text("status");
    return new WebhookChange(
        presence(p.text("name")),
        presence(p.text("url")),
        p.objects("events").stream().map(EventType::of).distinct().toList(),
        p.text("description"),
        p.text("secret"),
        status == null ? null : WebhookStatus.of(status));
  }

  // MLflow takes an empty name or URL for one that was left out.
  private static @Nullable String presence(@Nullable String text) {
    return text == null || text.isEmpty() ? null : text;
  }
}
