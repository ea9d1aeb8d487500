package dev.millrace.loadtest.traffic;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/**
 * Opens callers on one event loop of its own. HTTP callers have a connection each; gRPC callers
 * share one, as the streams of one client would.
 */
public final class Traffic implements AutoCloseable {
  private static final int CONNECT_MILLIS = 5_000;

  private final boolean epoll = Epoll.isAvailable();
  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(
          1, epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
  private final List<ManagedChannel> channels = new ArrayList<>();

  /** The loop that all callers live on. */
  public EventLoop loop() {
    return group.next();
  }

  /** Callers that connect when they send for the first time. */
  public List<Caller> callers(Target target, int count) {
    return switch (target.protocol()) {
      case JSON -> rest(target, RequestBytes.json(target.sample(), target.server()), count);
      case BINARY -> rest(target, RequestBytes.binary(target.sample(), target.server()), count);
      case GRPC -> grpc(target, count);
    };
  }

  private List<Caller> rest(Target target, byte[] request, int count) {
    // Wrapped, not allocated by Netty: all connections share it and nobody releases it.
    var direct = ByteBuffer.allocateDirect(request.length).put(request).flip();
    var bytes = Unpooled.unreleasableBuffer(Unpooled.wrappedBuffer(direct)).asReadOnly();
    var bootstrap =
        new Bootstrap()
            .group(group)
            .channel(channelType())
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_MILLIS)
            .remoteAddress(target.server().getHost(), target.server().getPort());
    return IntStream.range(0, count)
        .<Caller>mapToObj(_ -> new RestCaller(bootstrap, bytes))
        .toList();
  }

  private List<Caller> grpc(Target target, int count) {
    var channel =
        NettyChannelBuilder.forAddress(target.server().getHost(), target.server().getPort())
            .eventLoopGroup(group)
            .channelType(channelType())
            .directExecutor()
            .usePlaintext()
            .build();
    channels.add(channel);
    var request = RequestBytes.grpc(target.sample());
    return IntStream.range(0, count)
        .<Caller>mapToObj(_ -> new GrpcCaller(channel, request))
        .toList();
  }

  private Class<? extends Channel> channelType() {
    return epoll ? EpollSocketChannel.class : NioSocketChannel.class;
  }

  /** Closes all connections; what is in flight is dropped. */
  @Override
  public void close() {
    channels.forEach(ManagedChannel::shutdownNow);
    group.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly(10, TimeUnit.SECONDS);
  }
}
