package dev.millrace.serving.api.oip.rest;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.ArrayList;
import java.util.List;

/** Whether a request is a CloudEvent, and where then its attributes stand; its answer is alike. */
enum EventMode {
  /** No event. */
  NONE,
  /** In the headers; the body is the request. */
  BINARY,
  /** In the JSON of the body, beside the request. */
  STRUCTURED;

  static final String STRUCTURED_TYPE = "application/cloudevents+json";

  /** The version of the specification that is spoken. */
  static final String SPEC_VERSION = "1.0";

  private static final String ANY_EVENT_TYPE = "application/cloudevents";

  private static final AsciiString ID = AsciiString.cached("ce-id");
  private static final AsciiString SOURCE = AsciiString.cached("ce-source");
  private static final AsciiString TYPE = AsciiString.cached("ce-type");
  private static final AsciiString SPEC = AsciiString.cached("ce-specversion");
  private static final List<AsciiString> REQUIRED = List.of(ID, SOURCE, SPEC, TYPE);

  /** Throws InferenceException where the headers are those of a broken event. */
  static EventMode of(HttpHeaders headers) {
    var type = headers.get(HttpHeaderNames.CONTENT_TYPE);
    if (type != null && type.regionMatches(true, 0, ANY_EVENT_TYPE, 0, ANY_EVENT_TYPE.length())) {
      checkStructured(type);
      return STRUCTURED;
    }
    if (!isBinary(headers)) {
      return NONE;
    }
    checkBinary(headers);
    return BINARY;
  }

  /** Refuses another version of the specification. */
  static void checkSpecVersion(String version) {
    if (!version.equals(SPEC_VERSION)) {
      throw JsonReader.refusal(
          "The event has specversion '%s'; '%s' is spoken here.".formatted(version, SPEC_VERSION));
    }
  }

  /** The refusal of an event without these attributes. */
  static InferenceException missing(List<?> attributes) {
    return JsonReader.refusal(
        "The event lacks %s. A CloudEvent has id, source, specversion and type."
            .formatted(String.join(", ", attributes.stream().map(Object::toString).toList())));
  }

  private static boolean isBinary(HttpHeaders headers) {
    return headers.contains(SPEC)
        || headers.contains(ID)
        || headers.contains(TYPE)
        || headers.contains(SOURCE);
  }

  private static void checkBinary(HttpHeaders headers) {
    var missing = new ArrayList<AsciiString>();
    for (var name : REQUIRED) {
      var value = headers.get(name);
      if (value == null || value.isBlank()) {
        missing.add(name);
      }
    }
    if (!missing.isEmpty()) {
      throw missing(missing);
    }
    checkSpecVersion(headers.get(SPEC));
  }

  private static void checkStructured(String type) {
    int end = type.indexOf(';');
    var media = (end < 0 ? type : type.substring(0, end)).strip();
    if (!media.equalsIgnoreCase(STRUCTURED_TYPE)) {
      throw new InferenceException(
          new InferenceFailure.Unsupported(
              "Events of type %s are not served. Send %s, one event at a time."
                  .formatted(media, STRUCTURED_TYPE)));
    }
  }
}
