package dev.millrace.serving.api.edge;

import io.netty.channel.ChannelHandlerContext;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Notices clients that send the head of a request too slowly: bytes arrive, but no message comes
 * out of the decoder.
 */
final class HeadTimer {
  private final Duration limit;
  private boolean messageSeen;
  private @Nullable Future<?> timer;

  HeadTimer(Duration limit) {
    this.limit = limit;
  }

  /** The decoder has produced something. */
  void messageArrived() {
    messageSeen = true;
    stop();
  }

  /** A read is over; true when it brought no message. */
  boolean readCompleted() {
    boolean withoutMessage = !messageSeen;
    messageSeen = false;
    return withoutMessage;
  }

  /** Half a head has arrived while no request is under way; its time runs from the first part. */
  void start(ChannelHandlerContext ctx, Runnable whenTooSlow) {
    if (timer == null) {
      timer = ctx.executor().schedule(whenTooSlow, limit.toNanos(), TimeUnit.NANOSECONDS);
    }
  }

  /** Whether half a head has arrived. */
  boolean running() {
    return timer != null;
  }

  void stop() {
    if (timer != null) {
      timer.cancel(false);
      timer = null;
    }
  }
}
