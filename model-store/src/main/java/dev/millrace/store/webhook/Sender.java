package dev.millrace.store.webhook;

import dev.millrace.store.failure.StoreException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Makes one attempt to deliver: checks the address, signs and sends. */
final class Sender {
  private static final Pattern SECONDS = Pattern.compile("\\d{1,9}");

  private final Receivers receivers;
  private final SecretBox secrets;
  private final HttpPost http;
  private final Clock clock;

  Sender(Receivers receivers, SecretBox secrets, HttpPost http, Clock clock) {
    this.receivers = receivers;
    this.secrets = secrets;
    this.http = http;
    this.clock = clock;
  }

  Outcome send(Receiver receiver, String deliveryId, String body) {
    var sealed = receiver.sealedSecret();
    if (sealed == null) {
      return send(receiver, deliveryId, body, null);
    }
    return secrets
        .open(receiver.webhookId(), sealed)
        .map(secret -> send(receiver, deliveryId, body, secret))
        .orElseGet(
            () ->
                new Outcome.NotSent(
                    "The secret cannot be decrypted, because the store's key has changed since. Set the secret again"));
  }

  private Outcome send(Receiver receiver, String deliveryId, String body, @Nullable String secret) {
    WebhookUrl url;
    try {
      url = receivers.parse(receiver.url());
    } catch (StoreException e) {
      // What is allowed may have changed since the URL was taken.
      return new Outcome.NotSent(String.valueOf(e.getMessage()));
    }
    return switch (receivers.resolve(url.host())) {
      case Receivers.Resolution.Unresolved(var reason) -> new Outcome.NoAnswer(reason);
      case Receivers.Resolution.Forbidden(var reason) -> new Outcome.NotSent(reason);
      case Receivers.Resolution.Allowed(var addresses) ->
          post(url, addresses, headers(url, deliveryId, body, secret), body);
    };
  }

  private Outcome post(
      WebhookUrl url, List<InetAddress> addresses, Map<String, String> headers, String body) {
    try {
      var answer = http.send(url, addresses, headers, body.getBytes(StandardCharsets.UTF_8));
      var wait = answer.header("Retry-After").map(this::retryAfter).orElse(null);
      return new Outcome.Answered(answer.status(), answer.body(), wait);
    } catch (IOException e) {
      return new Outcome.NoAnswer("%s: %s".formatted(e.getClass().getSimpleName(), e.getMessage()));
    }
  }

  // The time is that of the attempt: a receiver may refuse old ones to keep out replays.
  private Map<String, String> headers(
      WebhookUrl url, String deliveryId, String body, @Nullable String secret) {
    var timestamp = String.valueOf(clock.instant().getEpochSecond());
    var headers = new LinkedHashMap<String, String>();
    headers.put("Content-Type", "application/json");
    headers.put("User-Agent", "Millrace-Webhook");
    headers.put("X-MLflow-Delivery-Id", deliveryId);
    headers.put("X-MLflow-Timestamp", timestamp);
    if (secret != null) {
      var signature = Signature.of(secret, deliveryId, timestamp, body);
      headers.put("X-MLflow-Signature", signature);
    }
    if (url.userInfo() != null) {
      headers.put("Authorization", "Basic " + basic(url.userInfo()));
    }
    return headers;
  }

  private static String basic(String userInfo) {
    var decoded = URLDecoder.decode(userInfo.replace("+", "%2B"), StandardCharsets.UTF_8);
    return Base64.getEncoder().encodeToString(decoded.getBytes(StandardCharsets.UTF_8));
  }

  private @Nullable Duration retryAfter(String value) {
    if (SECONDS.matcher(value).matches()) {
      return Duration.ofSeconds(Long.parseLong(value));
    }
    try {
      var time = ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      var wait = Duration.between(clock.instant(), time);
      return wait.isNegative() ? Duration.ZERO : wait;
    } catch (DateTimeException _) {
      return null;
    }
  }
}
