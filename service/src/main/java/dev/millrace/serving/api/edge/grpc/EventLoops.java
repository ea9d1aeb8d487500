package dev.millrace.serving.api.edge.grpc;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.FastThreadLocal;
import java.util.concurrent.Executor;

/** The threads that serve the connections: epoll where the machine has it. */
public final class EventLoops {
  private final EventLoopGroup group;
  private final Class<? extends ServerChannel> channelType;
  private final FastThreadLocal<Executor> current;

  private EventLoops(EventLoopGroup group, Class<? extends ServerChannel> channelType) {
    this.group = group;
    this.channelType = channelType;
    current = new Current(group);
  }

  /** For the server. */
  public EventLoopGroup group() {
    return group;
  }

  /** What these threads listen with. */
  public Class<? extends ServerChannel> channelType() {
    return channelType;
  }

  /** So many threads, started with their first work. */
  public static EventLoops start(int count) {
    var threads = new DefaultThreadFactory("grpc-loop", true);
    return Epoll.isAvailable()
        ? new EventLoops(
            new MultiThreadIoEventLoopGroup(count, threads, EpollIoHandler.newFactory()),
            EpollServerSocketChannel.class)
        : new EventLoops(
            new MultiThreadIoEventLoopGroup(count, threads, NioIoHandler.newFactory()),
            NioServerSocketChannel.class);
  }

  /** The loop of the calling thread; the calling thread itself where it is none. */
  public Executor current() {
    return current.get();
  }

  /** Looks once in each thread, for calls ask each time. */
  private static final class Current extends FastThreadLocal<Executor> {
    private final EventLoopGroup group;

    Current(EventLoopGroup group) {
      this.group = group;
    }

    @Override
    protected Executor initialValue() {
      for (var loop : group) {
        if (loop.inEventLoop()) {
          return loop;
        }
      }
      return Runnable::run;
    }
  }
}
