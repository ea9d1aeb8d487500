package dev.millrace.serving.api.edge;

import dev.millrace.serving.telemetry.FailureReason;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the requests of a {@link FastRoute} out of one connection before Spring sees them; all
 * others pass.
 *
 * <p>Problem: a request through Spring costs two to three times what it costs here, but Reactor
 * Netty's own handler, further up, keeps the order of pipelined requests and does not know of ours.
 * Choice: at most one request of ours is under way per connection; what arrives behind it waits in
 * {@link HeldMessages}, and a request of ours waits until Spring has answered those before it.
 * Reactor Netty turns reading off, so reading is asked for here whenever a request is ours.
 *
 * <p>All fields belong to the connection's event loop.
 */
final class FastPathHandler extends ChannelDuplexHandler {
  private static final Logger log = LoggerFactory.getLogger(FastPathHandler.class);

  private final FastPath path;
  private final AwaitedAnswers awaited = new AwaitedAnswers();
  private final HeldMessages held = new HeldMessages();
  private final HeadTimer headTimer;
  private final ConnectionEnd end = new ConnectionEnd();
  private final ConnectionWatch watch;
  private @Nullable FastCall call;

  FastPathHandler(FastPath path) {
    this.path = path;
    this.headTimer = new HeadTimer(path.limits().headTimeout());
    this.watch = new ConnectionWatch(path.connections(), this::isBusy);
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    watch.start(ctx);
    ctx.fireChannelActive();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    headTimer.messageArrived();
    if (!end.begun() && (!held.isEmpty() || isBlocked(ctx, message))) {
      held.hold(ctx, message);
    } else {
      accept(ctx, message);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    boolean withoutMessage = headTimer.readCompleted();
    if (call != null || end.begun()) {
      readOn(ctx);
    } else if (withoutMessage && awaited.none() && held.isEmpty()) {
      headTimer.start(ctx, () -> refuse(ctx, Refusal.ofSlowHead(path.limits())));
    }
    ctx.fireChannelReadComplete();
  }

  @Override
  public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
    boolean ended = awaited.endedBy(message);
    var _ = ctx.write(message, promise);
    if (ended) {
      watch.used();
      resumeHeld(ctx);
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (ctx.channel().isWritable()) {
      resumeHeld(ctx);
    }
    ctx.fireChannelWritabilityChanged();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    abandon();
    ctx.fireChannelInactive();
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    abandon();
  }

  /** Sends the answer of a call, unless its client has gone. */
  void reply(FastCall answered, FullHttpResponse response) {
    if (!finish(answered) || answered.gone()) {
      response.release();
      return;
    }
    var ctx = answered.context();
    boolean keepAlive = HttpUtil.isKeepAlive(answered.head()) && !path.inFlight().draining();
    int bytes = response.content().readableBytes();
    if (!keepAlive) {
      held.discard();
      holdUntilSent(bytes, end.answer(ctx, answered.head().protocolVersion(), response));
      return;
    }
    watch.used();
    holdUntilSent(
        bytes, FastResponses.send(ctx, answered.head().protocolVersion(), response, true));
    if (held.isEmpty()) {
      ctx.read();
    } else {
      resumeHeld(ctx);
    }
  }

  /** Most answers have left when they are handed over; these cost nothing here. */
  private void holdUntilSent(int bytes, ChannelFuture sent) {
    if (!sent.isDone()) {
      path.bodies().takeForAnswer(bytes);
      sent.addListener(_ -> path.bodies().giveBack(bytes));
    }
  }

  private boolean isBusy() {
    return call != null || !awaited.none() || !held.isEmpty() || end.begun() || headTimer.running();
  }

  /**
   * Whether a message has to wait: for the answer before it, or for a client that takes no answers
   * and would make them pile up.
   */
  private boolean isBlocked(ChannelHandlerContext ctx, Object message) {
    if (call != null) {
      return call.isComplete();
    }
    return message instanceof HttpRequest
        && (!ctx.channel().isWritable() || (!awaited.none() && isOurs(message)));
  }

  private boolean isOurs(Object message) {
    return message instanceof HttpRequest request
        && (Refusal.isUnreadable(request) || path.route().takes(request.uri()));
  }

  private void accept(ChannelHandlerContext ctx, Object message) {
    if (end.begun()) {
      end.discard(ctx, message);
    } else if (call != null) {
      receive(ctx, call, (HttpContent) message);
    } else if (isOurs(message)) {
      begin(ctx, (HttpRequest) message);
    } else {
      awaited.passed(message);
      ctx.fireChannelRead(message);
    }
  }

  private void begin(ChannelHandlerContext ctx, HttpRequest head) {
    call = new FastCall(this, ctx, head, path);
    path.inFlight().enter();
    var refusal = Refusal.ofHead(head, path.limits());
    if (refusal.isPresent()) {
      refuse(ctx, refusal.get());
    } else if (HttpUtil.is100ContinueExpected(head)) {
      var _ =
          ctx.writeAndFlush(
              new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE));
    }
  }

  private void receive(ChannelHandlerContext ctx, FastCall receiving, HttpContent chunk) {
    boolean last = chunk instanceof LastHttpContent && chunk.decoderResult().isSuccess();
    var refusal = receiving.add(chunk, path.limits());
    if (refusal.isPresent()) {
      refuse(ctx, refusal.get());
      if (last) {
        end.discard(ctx, LastHttpContent.EMPTY_LAST_CONTENT);
      }
    } else if (last) {
      receiving.complete();
      handle(receiving);
    }
  }

  private void handle(FastCall complete) {
    var head = complete.head();
    var body = complete.body().take();
    try {
      if (head.method().equals(HttpMethod.POST)) {
        path.route().handle(new FastRequest(head.uri(), head.headers(), body), complete);
      } else {
        path.route().refused(head.uri(), FailureReason.OTHER);
        complete.reply(FastResponses.methodNotAllowed(head.method()));
      }
    } catch (Throwable failure) {
      // The outermost handler of a request: whatever broke, the client gets an answer.
      log.error("Request not answered: uri={}", head.uri(), failure);
      path.route().refused(head.uri(), FailureReason.OTHER);
      complete.reply(FastResponses.failure(failure, "The request could not be handled."));
    } finally {
      body.release();
    }
  }

  private void readOn(ChannelHandlerContext ctx) {
    var receiving = call;
    if (receiving != null) {
      receiving.timeBody(path.limits().bodyTimeout(), () -> refuseSlowBody(ctx, receiving));
    }
    if (held.isEmpty()) {
      // Also while the model runs: only a read notices that the client has gone.
      ctx.read();
    }
  }

  private void refuseSlowBody(ChannelHandlerContext ctx, FastCall slow) {
    if (slow == call) {
      refuse(ctx, Refusal.ofSlowBody(path.limits(), slow.body().length()));
    }
  }

  private void refuse(ChannelHandlerContext ctx, Refusal refusal) {
    var refused = call;
    if (refused != null) {
      finish(refused);
    }
    path.route().refused(refused == null ? "" : refused.head().uri(), refusal.reason());
    held.discard();
    end.refuse(ctx, FastResponses.error(refusal.status(), refusal.message()));
  }

  /** Later, because the caller may be inside the answer of the request before. */
  private void resumeHeld(ChannelHandlerContext ctx) {
    if (!held.isEmpty()) {
      ctx.executor().execute(() -> acceptHeld(ctx));
    }
  }

  private void acceptHeld(ChannelHandlerContext ctx) {
    var next = held.peek();
    while (next != null && !isBlocked(ctx, next)) {
      accept(ctx, held.remove());
      next = held.peek();
    }
    if (held.isEmpty()) {
      held.resumeReading(ctx);
    }
    if (call != null || end.begun()) {
      readOn(ctx);
    }
    ctx.fireChannelReadComplete();
  }

  /** Ends a call; true the first time. */
  private boolean finish(FastCall ended) {
    if (!ended.end()) {
      return false;
    }
    path.inFlight().leave();
    if (call == ended) {
      call = null;
    }
    return true;
  }

  private void abandon() {
    headTimer.stop();
    watch.stop();
    held.discard();
    var abandoned = call;
    if (abandoned != null) {
      call = null;
      abandoned.abandon();
      if (!abandoned.isComplete()) {
        path.route().refused(abandoned.head().uri(), FailureReason.CANCELED);
        finish(abandoned);
      }
    }
  }
}
