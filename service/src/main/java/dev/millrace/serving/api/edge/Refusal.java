package dev.millrace.serving.api.edge;

import dev.millrace.serving.telemetry.FailureReason;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import java.time.Duration;
import java.util.Optional;

/** Why a connection ends before its request was read. */
record Refusal(int status, String message) {
  /** As the metrics name it. */
  FailureReason reason() {
    return status == 503 ? FailureReason.REJECTED : FailureReason.OTHER;
  }

  /** What a head says against its request, if anything. */
  static Optional<Refusal> ofHead(HttpRequest head, RequestLimits limits) {
    if (head.decoderResult().isFailure()) {
      return Optional.of(ofMalformed(head.decoderResult()));
    }
    if (HttpUtil.getContentLength(head, 0L) > limits.maxBodyBytes()) {
      return Optional.of(ofTooLarge(limits));
    }
    var expectation = head.headers().get(HttpHeaderNames.EXPECT);
    if (expectation != null && !HttpHeaderValues.CONTINUE.contentEqualsIgnoreCase(expectation)) {
      return Optional.of(new Refusal(417, "Expect: " + expectation + " is not 100-continue"));
    }
    return Optional.empty();
  }

  static Refusal ofMalformed(DecoderResult result) {
    return switch (result.cause()) {
      case TooLongHttpLineException _ ->
          new Refusal(414, "The request line is too long. Shorten the URL.");
      case TooLongHttpHeaderException _ ->
          new Refusal(431, "The headers are too long. Send fewer or shorter ones.");
      default -> new Refusal(400, "The request is not HTTP/1.1 or HTTP/1.0.");
    };
  }

  static Refusal ofTooLarge(RequestLimits limits) {
    return new Refusal(
        413,
        "The body is larger than the limit of %d bytes. Send fewer rows per request or raise the limit."
            .formatted(limits.maxBodyBytes()));
  }

  static Refusal ofFullMemory(BodyBudget bodies) {
    return new Refusal(
        503,
        "There is not enough memory for this request now: the bodies of all requests under way may take %d bytes. Retry later, or send fewer rows per request."
            .formatted(bodies.limitBytes()));
  }

  static Refusal ofSlowHead(RequestLimits limits) {
    return new Refusal(
        408,
        "The head of the request did not arrive within %d ms."
            .formatted(limits.headTimeout().toMillis()));
  }

  static Refusal ofSlowBody(RequestLimits limits, int received) {
    return new Refusal(408, slowBody(limits.bodyTimeout()) + "; %d bytes did.".formatted(received));
  }

  /** The start of a sentence. */
  static String slowBody(Duration limit) {
    return "The body did not arrive within %d ms".formatted(limit.toMillis());
  }
}
