package dev.millrace.serving.api.oip.rest;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.serving.api.json.JsonWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.base64.Base64;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import org.springframework.web.util.UriUtils;

/** Makes the answers to events events, with the attributes that KServe's have. */
final class EventAnswer {
  private static final String TYPE = "org.kubeflow.serving.inference.response";
  private static final String SOURCE = "io.kserve.inference.";
  private static final int ENVELOPE_BYTES = 512;

  private EventAnswer() {}

  /** Adds the attributes to an answer whose body stays as it is. */
  static void describe(HttpHeaders headers, String model) {
    headers.set("ce-id", id());
    headers.set("ce-specversion", EventMode.SPEC_VERSION);
    headers.set("ce-source", source(model));
    headers.set("ce-type", TYPE);
    headers.set("ce-time", time());
  }

  /** The event around an answer, whose body it takes over. */
  static ByteBuf around(String model, EncodedAnswer answer, ByteBufAllocator allocator) {
    try {
      return answer.hasBinaryTensors()
          ? encoded(model, answer.body(), allocator)
          : around(model, "application/json", "data\":", answer.body(), "}", allocator);
    } finally {
      answer.body().release();
    }
  }

  private static ByteBuf encoded(String model, ByteBuf body, ByteBufAllocator allocator) {
    var text = Base64.encode(body, body.readerIndex(), body.readableBytes(), false);
    try {
      return around(model, "application/octet-stream", "data_base64\":\"", text, "\"}", allocator);
    } finally {
      text.release();
    }
  }

  private static ByteBuf around(
      String model, String type, String key, ByteBuf data, String end, ByteBufAllocator allocator) {
    var event = allocator.directBuffer(data.readableBytes() + ENVELOPE_BYTES);
    var json = new JsonWriter(event);
    json.raw("{\"specversion\":\"" + EventMode.SPEC_VERSION + "\",\"id\":");
    json.string(id());
    json.raw(",\"source\":");
    json.string(source(model));
    json.raw(",\"type\":\"" + TYPE + "\",\"time\":");
    json.string(time());
    json.raw(",\"datacontenttype\":");
    json.string(type);
    json.raw(",\"" + key);
    json.flush();
    event.writeBytes(data, data.readerIndex(), data.readableBytes());
    json.raw(end);
    json.flush();
    return event;
  }

  private static String id() {
    return UUID.randomUUID().toString();
  }

  private static String source(String model) {
    return SOURCE + UriUtils.encodePathSegment(model, UTF_8);
  }

  private static String time() {
    return Instant.now().truncatedTo(ChronoUnit.MILLIS).toString();
  }
}
