package dev.millrace.store.webhook;

import dev.millrace.protocol.mlflow.MlflowJson;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import tools.jackson.databind.JsonNode;

/** What receivers are told: an event and its data. */
record Message(EventType type, JsonNode data) {
  // As Python writes it, whose older releases read no 'Z'.
  private static final DateTimeFormatter TIMESTAMP =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSSxxx").withZone(ZoneOffset.UTC);

  static Message example(EventType type) {
    return new Message(type, type.example());
  }

  /** The JSON that is sent. */
  String body(Instant now) {
    var body = MlflowJson.mapper().createObjectNode();
    body.put("entity", type.entity());
    body.put("action", type.action());
    body.put("timestamp", TIMESTAMP.format(now));
    body.set("data", data);
    return MlflowJson.mapper().writeValueAsString(body);
  }
}
