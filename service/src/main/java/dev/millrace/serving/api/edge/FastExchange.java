package dev.millrace.serving.api.edge;

import dev.millrace.serving.failure.InferenceException;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.FullHttpResponse;

/** Where a {@link FastRoute} answers one request. */
public interface FastExchange {
  /** The loop of the connection; {@link #reply} must be called on it. */
  EventLoop loop();

  /** Where to take the memory of the answer from. */
  ByteBufAllocator allocator();

  /** Whether the client has gone away. Any thread. */
  boolean gone();

  /**
   * Counts the memory that the request takes, its body or its tensors, whichever is more, against
   * what all may take together; it is given back with the answer. On the loop.
   *
   * @throws InferenceException with an Overloaded, where there is not so much left
   */
  void hold(long bytes);

  /**
   * Sends the answer, exactly once, and takes over its reference; the headers for its length and
   * the connection are added here.
   */
  void reply(FullHttpResponse response);
}
