package dev.millrace.serving.api.edge;

import io.netty.channel.ChannelHandlerContext;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Messages of pipelined requests that wait for an answer before theirs. Reading stops while there
 * are any, so they are no more than one read has brought.
 */
final class HeldMessages {
  private final ArrayDeque<Object> messages = new ArrayDeque<>(0);
  private boolean stoppedAutoRead;

  boolean isEmpty() {
    return messages.isEmpty();
  }

  /** Takes over the message's reference. */
  void hold(ChannelHandlerContext ctx, Object message) {
    messages.add(message);
    if (ctx.channel().config().isAutoRead()) {
      ctx.channel().config().setAutoRead(false);
      stoppedAutoRead = true;
    }
  }

  /** The next one, which stays. */
  @Nullable Object peek() {
    return messages.peek();
  }

  /** The next one, which is the caller's. */
  Object remove() {
    return messages.remove();
  }

  /** Goes back to how reading was before the first message was held. */
  void resumeReading(ChannelHandlerContext ctx) {
    if (stoppedAutoRead) {
      stoppedAutoRead = false;
      ctx.channel().config().setAutoRead(true);
    } else {
      ctx.read();
    }
  }

  void discard() {
    messages.forEach(ReferenceCountUtil::release);
    messages.clear();
  }
}
