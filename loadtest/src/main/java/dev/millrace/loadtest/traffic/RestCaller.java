package dev.millrace.loadtest.traffic;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sends the same request bytes on a kept-alive connection and reads of the answer only what tells
 * whether and where it ended. Netty's HTTP codec would cost the load core more than the server
 * spends on a small request.
 */
final class RestCaller implements Caller {
  private final Bootstrap bootstrap;
  private final ByteBuf request;
  private @Nullable Channel channel;
  private @Nullable Outcome pending;

  RestCaller(Bootstrap bootstrap, ByteBuf request) {
    this.bootstrap = bootstrap.clone().handler(new ConnectionStart());
    this.request = request;
  }

  @Override
  public void send(Outcome outcome) {
    pending = outcome;
    if (channel != null && channel.isActive()) {
      write(channel);
    } else {
      bootstrap.connect().addListener((ChannelFuture connected) -> connected(connected));
    }
  }

  private void connected(ChannelFuture connected) {
    if (connected.isSuccess()) {
      channel = connected.channel();
      write(channel);
    } else {
      complete("No connection: " + connected.cause().getMessage());
    }
  }

  private void write(Channel connection) {
    var _ = connection.writeAndFlush(request.duplicate(), connection.voidPromise());
  }

  private void complete(@Nullable String failure) {
    complete(failure, false);
  }

  private void complete(@Nullable String failure, boolean refused) {
    var outcome = pending;
    pending = null;
    if (outcome != null && failure != null && refused) {
      outcome.refused(failure);
    } else if (outcome != null) {
      outcome.answered(failure);
    }
  }

  /** Gives each connection its own reader. */
  private final class ConnectionStart extends ChannelInitializer<Channel> {
    @Override
    protected void initChannel(Channel connection) {
      connection.pipeline().addLast(new AnswerReader());
    }
  }

  /** Finds the end of each answer: its head, then as many bytes as that says. */
  private final class AnswerReader extends ByteToMessageDecoder {
    private @Nullable AnswerHead head;

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
      if (head == null) {
        head = AnswerHead.read(in);
      }
      if (head != null && in.readableBytes() >= head.bodyBytes()) {
        finish(head, in, context);
      }
    }

    private void finish(AnswerHead answer, ByteBuf in, ChannelHandlerContext context) {
      head = null;
      var failure = answer.failure(in);
      in.skipBytes(answer.bodyBytes());
      if (answer.lastOnConnection()) {
        channel = null;
        var _ = context.close();
      }
      complete(failure, answer.isRefusal());
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) throws Exception {
      super.channelInactive(context);
      if (context.channel().equals(channel)) {
        channel = null;
        complete("The server closed the connection before it answered.");
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      // The close that follows tells the caller.
      var _ = context.close();
    }
  }
}
