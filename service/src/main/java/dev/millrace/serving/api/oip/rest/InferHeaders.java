package dev.millrace.serving.api.oip.rest;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.scheduling.CacheUse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import org.jspecify.annotations.Nullable;

/** The headers of an infer request that change its meaning. */
final class InferHeaders {
  static final AsciiString JSON_LENGTH = AsciiString.cached("inference-header-content-length");
  static final AsciiString TRACE_PARENT = AsciiString.cached("traceparent");

  private static final int TRACE_PARENT_LENGTH = 55;

  private InferHeaders() {}

  /** How many bytes of the body are JSON: all, unless the header says less. */
  static int jsonBytes(HttpHeaders headers, int bodyBytes) {
    var text = headers.get(JSON_LENGTH);
    if (text == null) {
      return bodyBytes;
    }
    int length = parse(text);
    if (length < 0 || length > bodyBytes) {
      throw JsonReader.refusal(
          "inference header size should be in range (0, %d), got: %s".formatted(bodyBytes, text));
    }
    return length;
  }

  /** Whether the answer may come from the response cache, and go there. */
  static CacheUse cacheUse(HttpHeaders headers) {
    return CacheUse.ofHeader(headers.get(HttpHeaderNames.CACHE_CONTROL));
  }

  /** The trace that the request belongs to, where the header is as W3C's Trace Context wants it. */
  static @Nullable String traceParent(HttpHeaders headers) {
    var text = headers.get(TRACE_PARENT);
    return text != null && isTraceParent(text) ? text : null;
  }

  private static int parse(String text) {
    try {
      return Integer.parseInt(text.strip());
    } catch (NumberFormatException _) {
      throw unreadable(text);
    }
  }

  private static InferenceException unreadable(String text) {
    return JsonReader.refusal("Unable to parse Inference-Header-Content-Length, got: " + text);
  }

  private static boolean isTraceParent(String text) {
    if (text.length() != TRACE_PARENT_LENGTH) {
      return false;
    }
    for (int i = 0; i < TRACE_PARENT_LENGTH; i++) {
      boolean dash = i == 2 || i == 35 || i == 52;
      char c = text.charAt(i);
      boolean hexadecimal = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
      if (dash ? c != '-' : !hexadecimal) {
        return false;
      }
    }
    return true;
  }
}
