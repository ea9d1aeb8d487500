package dev.millrace.serving.api.edge;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Closes a connection that is idle, or whose client takes nothing of its answer.
 *
 * <p>A timer for each request would cost more than the rest of this package, so one task looks a
 * few times within the shorter limit and counts: a request only sets a count to zero. A connection
 * is closed up to one look late and never early. On the connection's event loop.
 */
final class ConnectionWatch {
  private static final int LOOKS = 4;

  private final BooleanSupplier busy;
  private final long periodNanos;
  private final long mostIdleLooks;
  private final long mostStalledLooks;
  private long idleLooks;
  private long stalledLooks;
  private long unsentBytes;
  private @Nullable Future<?> nextLook;

  /**
   * Watches as soon as it is started.
   *
   * @param busy whether a request is under way, or part of one has arrived
   */
  ConnectionWatch(ConnectionLimits limits, BooleanSupplier busy) {
    this.busy = busy;
    long idleNanos = limits.idle().toNanos();
    long stalledNanos = limits.stalled().toNanos();
    periodNanos = Math.max(1, Math.min(idleNanos, stalledNanos) / LOOKS);
    mostIdleLooks = Math.ceilDiv(idleNanos, periodNanos);
    mostStalledLooks = Math.ceilDiv(stalledNanos, periodNanos);
  }

  void start(ChannelHandlerContext ctx) {
    nextLook = ctx.executor().schedule(() -> look(ctx), periodNanos, TimeUnit.NANOSECONDS);
  }

  /** An answer has been given. */
  void used() {
    idleLooks = 0;
  }

  void stop() {
    if (nextLook != null) {
      nextLook.cancel(false);
      nextLook = null;
    }
  }

  private void look(ChannelHandlerContext ctx) {
    countStalled(unsentBytes(ctx.channel()));
    idleLooks = unsentBytes > 0 || busy.getAsBoolean() ? 0 : idleLooks + 1;
    // One more than fits the limit: the first may come right after the last use.
    if (idleLooks > mostIdleLooks || stalledLooks > mostStalledLooks) {
      var _ = ctx.close();
    } else {
      start(ctx);
    }
  }

  private void countStalled(long unsentNow) {
    stalledLooks = unsentNow > 0 && unsentNow == unsentBytes ? stalledLooks + 1 : 0;
    unsentBytes = unsentNow;
  }

  private static long unsentBytes(Channel channel) {
    var unsent = channel.unsafe().outboundBuffer();
    return unsent == null ? 0 : unsent.totalPendingWriteBytes() - unsent.currentProgress();
  }
}
