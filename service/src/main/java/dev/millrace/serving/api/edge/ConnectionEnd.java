package dev.millrace.serving.api.edge;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Ends a connection with a last answer. What arrives from then on is discarded; a client that was
 * refused in the middle of its request is read on from for a while, because closing while its bytes
 * still arrive resets the connection, and the reset may overtake the answer.
 */
final class ConnectionEnd {
  /** How long a client that was refused may go on sending before the connection is cut. */
  private static final Duration LINGER = Duration.ofSeconds(2);

  private boolean begun;

  /** Whether the last answer has been given. */
  boolean begun() {
    return begun;
  }

  /** Sends the answer to a request that has arrived whole, and closes. */
  ChannelFuture answer(ChannelHandlerContext ctx, HttpVersion version, FullHttpResponse response) {
    begun = true;
    return FastResponses.send(ctx, version, response, false)
        .addListener(ChannelFutureListener.CLOSE);
  }

  /** Sends the answer to a request of which the rest may still come, and lingers. */
  void refuse(ChannelHandlerContext ctx, FullHttpResponse response) {
    begun = true;
    FastResponses.send(ctx, HttpVersion.HTTP_1_1, response, false).addListener(_ -> endOutput(ctx));
    var _ = ctx.executor().schedule(() -> close(ctx), LINGER.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** Takes over the reference of what arrived after the last answer. */
  void discard(ChannelHandlerContext ctx, Object message) {
    boolean last = message instanceof LastHttpContent;
    ReferenceCountUtil.release(message);
    if (last) {
      close(ctx);
    }
  }

  /** Tells the client that nothing follows, and goes on reading. */
  private static void endOutput(ChannelHandlerContext ctx) {
    if (ctx.channel() instanceof DuplexChannel channel) {
      var _ = channel.shutdownOutput();
    }
    ctx.read();
  }

  private static void close(ChannelHandlerContext ctx) {
    var _ = ctx.close();
  }
}
