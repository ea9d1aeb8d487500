package dev.millrace.serving.api.edge;

import dev.millrace.serving.telemetry.FailureReason;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
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

  /** Whether nobody can say what a head means, or where its request ends. */
  static boolean isUnreadable(HttpRequest head) {
    return head.decoderResult().isFailure() || !isSpoken(head.protocolVersion()) || !isFramed(head);
  }

  private static boolean isSpoken(HttpVersion version) {
    return version.equals(HttpVersion.HTTP_1_1) || version.equals(HttpVersion.HTTP_1_0);
  }

  /** Codings other than this one are not decoded here, and a server in front may have done so. */
  private static boolean isFramed(HttpRequest head) {
    var coding = head.headers().get(HttpHeaderNames.TRANSFER_ENCODING);
    return coding == null || HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(coding);
  }

  /** What a head says against its request, if anything. */
  static Optional<Refusal> ofHead(HttpRequest head, RequestLimits limits) {
    if (isUnreadable(head)) {
      return Optional.of(ofUnreadable(head));
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

  private static Refusal ofUnreadable(HttpRequest head) {
    if (head.decoderResult().isFailure()) {
      return ofMalformed(head.decoderResult());
    }
    if (!isSpoken(head.protocolVersion())) {
      return new Refusal(
          505, head.protocolVersion() + " is not spoken here. Send HTTP/1.1 or HTTP/1.0.");
    }
    return new Refusal(
        501,
        "Transfer-Encoding '%s' is not understood. Send chunked, or a Content-Length."
            .formatted(head.headers().get(HttpHeaderNames.TRANSFER_ENCODING)));
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
    return new Refusal(503, bodies.shortage("request"));
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
