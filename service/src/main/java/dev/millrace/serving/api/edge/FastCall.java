package dev.millrace.serving.api.edge;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One request of a connection, from its head to its answer. On the connection's event loop. */
final class FastCall implements FastExchange {
  private final FastPathHandler connection;
  private final ChannelHandlerContext ctx;
  private final HttpRequest head;
  private final BodyCollector body;
  private final BodyBudget budget;
  private long takenBytes;
  private @Nullable Future<?> bodyTimer;
  private boolean complete;
  private boolean over;
  private volatile boolean gone;

  FastCall(FastPathHandler connection, ChannelHandlerContext ctx, HttpRequest head, FastPath path) {
    this.connection = connection;
    this.ctx = ctx;
    this.head = head;
    budget = path.bodies();
    long announcedBytes =
        head.decoderResult().isSuccess() ? HttpUtil.getContentLength(head, 0L) : 0;
    this.body = new BodyCollector(ctx.alloc(), announcedBytes, path.limits().maxBodyBytes());
  }

  ChannelHandlerContext context() {
    return ctx;
  }

  HttpRequest head() {
    return head;
  }

  BodyCollector body() {
    return body;
  }

  /** Adds a part of the body, whose reference it takes over, or says why not. */
  Optional<Refusal> add(HttpContent chunk, RequestLimits limits) {
    if (chunk.decoderResult().isFailure()) {
      chunk.release();
      return Optional.of(Refusal.ofMalformed(chunk.decoderResult()));
    }
    if (body.length() + (long) chunk.content().readableBytes() > limits.maxBodyBytes()) {
      chunk.release();
      return Optional.of(Refusal.ofTooLarge(limits));
    }
    return collect(chunk.content()) ? Optional.empty() : Optional.of(Refusal.ofFullMemory(budget));
  }

  /** False when there is no memory for it. */
  private boolean collect(ByteBuf chunk) {
    if (!takes(body.bytesWith(chunk))) {
      chunk.release();
      return false;
    }
    try {
      body.add(chunk);
      return true;
    } catch (OutOfMemoryError _) {
      return false;
    }
  }

  private boolean takes(long bytes) {
    long more = bytes - takenBytes;
    if (more <= 0) {
      return true;
    }
    boolean left = budget.take(more);
    takenBytes += left ? more : 0;
    return left;
  }

  /** Whether the request has arrived whole. */
  boolean isComplete() {
    return complete;
  }

  /** Notes that the request has arrived whole. */
  void complete() {
    complete = true;
    stopTimer();
  }

  /** Starts the time that the rest of the body has, once. */
  void timeBody(Duration limit, Runnable whenTooSlow) {
    if (!complete && bodyTimer == null) {
      bodyTimer = ctx.executor().schedule(whenTooSlow, limit.toNanos(), TimeUnit.NANOSECONDS);
    }
  }

  /** Ends the call; true the first time. */
  boolean end() {
    boolean first = !over;
    over = true;
    stopTimer();
    body.take().release();
    budget.giveBack(takenBytes);
    takenBytes = 0;
    return first;
  }

  /** Nobody waits for the answer any more. */
  void abandon() {
    gone = true;
  }

  @Override
  public EventLoop loop() {
    return ctx.channel().eventLoop();
  }

  @Override
  public ByteBufAllocator allocator() {
    return ctx.alloc();
  }

  @Override
  public boolean gone() {
    return gone;
  }

  @Override
  public void hold(long bytes) {
    if (!takes(bytes)) {
      throw new InferenceException(new InferenceFailure.Overloaded(budget.shortage("request")));
    }
  }

  @Override
  public void reply(FullHttpResponse response) {
    connection.reply(this, response);
  }

  private void stopTimer() {
    if (bodyTimer != null) {
      bodyTimer.cancel(false);
    }
  }
}
