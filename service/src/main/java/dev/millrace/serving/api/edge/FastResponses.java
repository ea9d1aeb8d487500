package dev.millrace.serving.api.edge;

import dev.millrace.serving.failure.InferenceFailure;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeadersFactory;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;

/** Makes the responses of the fast path. */
public final class FastResponses {
  // No header value comes from a client but traceparent, which is checked.
  private static final HttpHeadersFactory HEADERS =
      DefaultHttpHeadersFactory.headersFactory().withValidation(false);

  /** Below this, compressing costs more than the bytes it saves. */
  private static final int LEAST_COMPRESSED_BYTES = 512;

  private FastResponses() {}

  /** A response that takes over the body's reference. */
  public static FullHttpResponse of(int status, CharSequence contentType, ByteBuf body) {
    var response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(status), body, HEADERS, HEADERS);
    response.headers().set(HttpHeaderNames.CONTENT_TYPE, contentType);
    return response;
  }

  /**
   * A success that takes over the body's reference, compressed where the client accepts that and
   * the body is long enough.
   */
  public static FullHttpResponse compressed(
      CharSequence contentType, ByteBuf body, ContentCoding coding, ByteBufAllocator allocator) {
    if (coding == ContentCoding.IDENTITY || body.readableBytes() < LEAST_COMPRESSED_BYTES) {
      return of(200, contentType, body);
    }
    var response = of(200, contentType, coding.deflate(body, allocator));
    response.headers().set(HttpHeaderNames.CONTENT_ENCODING, coding.headerValue());
    response.headers().set(HttpHeaderNames.VARY, HttpHeaderNames.ACCEPT_ENCODING);
    return response;
  }

  /** A response that says why there is no answer. */
  public static FullHttpResponse error(int status, String message) {
    var json = new ErrorBody(message).toJson();
    return of(status, HttpHeaderValues.APPLICATION_JSON, Unpooled.wrappedBuffer(json));
  }

  /** A response to what nobody expected: this message, unless it was memory that ran out. */
  public static FullHttpResponse failure(Throwable cause, String message) {
    var failure =
        cause instanceof OutOfMemoryError
            ? new InferenceFailure.Overloaded(
                "There is not enough memory for this request now. Retry later, or send fewer rows per request.")
            : new InferenceFailure.Broken(message);
    return error(HttpStatuses.of(failure), failure.message());
  }

  /** Tells a client that only POST is taken. */
  static FullHttpResponse methodNotAllowed(HttpMethod method) {
    var response = error(405, "Method Not Allowed: " + method + "; this path takes POST");
    response.headers().set(HttpHeaderNames.ALLOW, HttpMethod.POST.asciiName());
    return response;
  }

  /** Writes a response with the headers for its length and for what becomes of the connection. */
  static ChannelFuture send(
      ChannelHandlerContext ctx,
      HttpVersion version,
      FullHttpResponse response,
      boolean keepAlive) {
    HttpUtil.setContentLength(response, response.content().readableBytes());
    HttpUtil.setKeepAlive(response.headers(), version, keepAlive);
    return ctx.writeAndFlush(response);
  }
}
