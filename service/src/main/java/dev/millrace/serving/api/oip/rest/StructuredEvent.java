package dev.millrace.serving.api.oip.rest;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Takes the request out of an event that is JSON, in {@code data} or {@code data_base64}. */
final class StructuredEvent {
  private static final List<String> REQUIRED = List.of("id", "source", "specversion", "type");

  private final ByteBuf body;
  private final ByteBufAllocator allocator;
  private final JsonReader json;
  private final Set<String> attributes = new HashSet<>();
  private @Nullable ByteBuf data;
  private boolean encoded;

  private StructuredEvent(ByteBuf body, ByteBufAllocator allocator) {
    this.body = body;
    this.allocator = allocator;
    json = new JsonReader(body.nioBuffer());
  }

  /**
   * The request inside.
   *
   * @param data contiguous and direct; the caller releases it
   * @param encoded whether it came as Base64, and so may be more than JSON
   */
  record Data(ByteBuf data, boolean encoded) {}

  /**
   * Reads an event; throws InferenceException where it is none.
   *
   * @param body contiguous and direct
   */
  static Data read(ByteBuf body, ByteBufAllocator allocator) {
    var event = new StructuredEvent(body, allocator);
    try {
      return event.read();
    } catch (Throwable failure) {
      event.release();
      throw failure;
    }
  }

  private Data read() {
    for (var more = json.enterObject(); more; more = json.moreFields()) {
      readField(json.key());
    }
    json.expectEnd();
    var missing = new ArrayList<>(REQUIRED);
    missing.removeAll(attributes);
    if (!missing.isEmpty()) {
      throw EventMode.missing(missing);
    }
    var found = data;
    if (found == null) {
      throw JsonReader.refusal(
          "The event has neither data nor data_base64. Put the infer request into one of the two.");
    }
    return new Data(found, encoded);
  }

  private void readField(String key) {
    switch (key) {
      case "id", "source", "type" -> readAttribute(key);
      case "specversion" -> EventMode.checkSpecVersion(readAttribute(key));
      case "data" -> keep(slice());
      case "data_base64" -> {
        keep(decoded());
        encoded = true;
      }
      default -> json.skipValue();
    }
  }

  /** An empty one is none. */
  private String readAttribute(String key) {
    var value = json.string();
    if (!value.isBlank() && !attributes.add(key)) {
      throw JsonReader.refusal("The event has '" + key + "' twice.");
    }
    return value;
  }

  private void keep(ByteBuf found) {
    if (data != null) {
      found.release();
      throw JsonReader.refusal("The event has its data twice. Send data or data_base64, once.");
    }
    data = found;
  }

  private ByteBuf slice() {
    int start = json.mark();
    json.skipValue();
    return body.retainedSlice(body.readerIndex() + start, json.mark() - start);
  }

  private ByteBuf decoded() {
    var text = json.stringBytes();
    // Four characters become three bytes.
    var target = allocator.directBuffer(Math.max(1, text.length() / 4 * 3 + 3));
    try (var bytes =
        Base64.getDecoder().wrap(new ByteArrayInputStream(text.array(), 0, text.length()))) {
      while (target.writeBytes(bytes, Math.max(1, target.writableBytes())) > 0) {
        // Until the end.
      }
      return target;
    } catch (IOException e) {
      target.release();
      throw JsonReader.refusal("data_base64 of the event is not Base64: " + e.getMessage());
    } catch (Throwable failure) {
      target.release();
      throw failure;
    }
  }

  private void release() {
    if (data != null) {
      data.release();
    }
  }
}
