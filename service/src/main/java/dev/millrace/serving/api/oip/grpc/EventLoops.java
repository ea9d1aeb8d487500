package dev.millrace.serving.api.oip.grpc;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.Executor;

/** The threads that serve the connections: epoll where the machine has it. */
record EventLoops(EventLoopGroup group, Class<? extends ServerChannel> channelType) {
  static EventLoops start(int count) {
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
  Executor current() {
    for (var loop : group) {
      if (loop.inEventLoop()) {
        return loop;
      }
    }
    return Runnable::run;
  }
}
