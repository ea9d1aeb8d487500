package dev.millrace.serving.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.api.edge.FastExchange;
import dev.millrace.serving.api.edge.FastRequest;
import dev.millrace.serving.api.edge.FastRoute;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.FullHttpResponse;

/** Hands inputs to a route; what a client must never see fails. One thread. */
public final class FuzzedRoute {
  private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);
  private final FastRoute route;
  private final String target;

  /**
   * Of a route whose engine replies at once.
   *
   * @param target of inputs that name none
   */
  public FuzzedRoute(FastRoute route, String target) {
    this.route = route;
    this.target = target;
  }

  /** The status with which the input is answered, exactly once; 0 where the route is not asked. */
  public int status(byte[] input) {
    var http = HttpInput.of(input);
    var uri = http.target(target);
    if (!route.takes(uri)) {
      return 0;
    }
    var body = allocator.directBuffer(Math.max(1, http.body().length)).writeBytes(http.body());
    var exchange = new Exchange();
    try {
      route.handle(new FastRequest(uri, http.headers(), body), exchange);
    } finally {
      body.release();
    }
    assertThat(allocator.metric().usedDirectMemory()).as("memory that is kept").isZero();
    assertThat(exchange.replies).isOne();
    assertThat(exchange.status).isNotEqualTo(500).isBetween(200, 504);
    return exchange.status;
  }

  private final class Exchange implements FastExchange {
    private int replies;
    private int status;

    @Override
    public EventLoop loop() {
      throw new IllegalStateException("Nothing is deferred here.");
    }

    @Override
    public ByteBufAllocator allocator() {
      return allocator;
    }

    @Override
    public boolean gone() {
      return false;
    }

    @Override
    public void hold(long bytes) {}

    @Override
    public void reply(FullHttpResponse response) {
      replies++;
      status = response.status().code();
      response.release();
    }
  }
}
