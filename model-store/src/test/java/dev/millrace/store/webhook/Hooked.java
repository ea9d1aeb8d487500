package dev.millrace.store.webhook;

import dev.millrace.store.RunningStore;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** A store that may send to loopback, and what tests of webhooks ask of it. */
record Hooked(RunningStore store) implements AutoCloseable {
  private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(60);

  static Hooked in(Path home, String... more) {
    var settings =
        Stream.of(
            "--millrace.webhook.allowed-schemes=http,https",
            "--millrace.webhook.allow-private-ips=true",
            "--millrace.webhook.backoff=20ms");
    // What a test gives replaces the setting here.
    var kept =
        settings.filter(
            setting ->
                Arrays.stream(more)
                    .noneMatch(other -> other.startsWith(setting.split("=", 2)[0] + "=")));
    return new Hooked(
        RunningStore.in(home, Stream.concat(kept, Stream.of(more)).toArray(String[]::new)));
  }

  /** A new webhook for these events, {@code model_version.created} for instance. */
  String webhook(String url, String... events) {
    return webhook(url, "", events);
  }

  String signedWebhook(String url, String secret, String... events) {
    return webhook(url, ",\"secret\":\"" + secret + "\"", events);
  }

  private String webhook(String url, String more, String... events) {
    var list =
        Arrays.stream(events)
            .map(event -> event.toUpperCase(Locale.ROOT).split("\\."))
            .map(parts -> "{\"entity\":\"%s\",\"action\":\"%s\"}".formatted(parts[0], parts[1]))
            .collect(Collectors.joining(",", "[", "]"));
    var body = "{\"name\":\"hook\",\"url\":\"%s\",\"events\":%s%s}".formatted(url, list, more);
    return RunningStore.text(store.post("webhooks", body).ok(), "/webhook/webhook_id");
  }

  void update(String webhookId, String body) {
    store.json("PATCH", "webhooks/" + webhookId, body).ok();
  }

  void createModel(String name) {
    store.post("registered-models/create", "{\"name\":\"" + name + "\"}").ok();
  }

  void createVersion(String name) {
    store
        .post(
            "model-versions/create",
            "{\"name\":\"%s\",\"source\":\"s3://bucket/model\"}".formatted(name))
        .ok();
  }

  void setVersionTag(String name, String value) {
    store
        .post(
            "model-versions/set-tag",
            "{\"name\":\"%s\",\"version\":\"1\",\"key\":\"k\",\"value\":\"%s\"}"
                .formatted(name, value))
        .ok();
  }

  /** How a test of the webhook went. */
  JsonNode test(String webhookId, String body) {
    return store.post("webhooks/" + webhookId + "/test", body).ok().path("result");
  }

  JsonNode deliveries(String webhookId) {
    return store.get("webhooks/" + webhookId + "/deliveries").ok().path("deliveries");
  }

  /** The newest deliveries as soon as they are as wanted. */
  JsonNode deliveriesOnce(String webhookId, Predicate<JsonNode> wanted) {
    var end = System.nanoTime() + LIMIT_NANOS;
    var deliveries = deliveries(webhookId);
    while (!wanted.test(deliveries)) {
      if (System.nanoTime() > end) {
        throw new AssertionError("The deliveries stay " + deliveries);
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
      deliveries = deliveries(webhookId);
    }
    return deliveries;
  }

  /** The newest delivery as soon as it is received or given up. */
  JsonNode finishedDelivery(String webhookId) {
    return deliveriesOnce(webhookId, all -> all.path(0).has("finish_timestamp")).path(0);
  }

  @Override
  public void close() {
    store.close();
  }
}
