package dev.millrace.serving.api.edge;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.ChannelOption;
import java.io.IOException;
import java.time.Duration;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

/**
 * A Reactor Netty server with a fast path, on a port of its own. What the fast path leaves is
 * answered with "slow" and the path; {@code /held} waits until {@link #releaseHeld}, and {@code
 * /stream} sends twelve numbers, one each 100 ms.
 */
public final class FastPathServer implements AutoCloseable {
  private final InFlightRequests inFlight = new InFlightRequests();
  private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);
  private final Sinks.Empty<Void> held = Sinks.empty();
  private final DisposableServer server;

  /** Starts a server. */
  public FastPathServer(FastRoute route, RequestLimits limits) {
    this(route, limits, ConnectionLimits.DEFAULT);
  }

  FastPathServer(FastRoute route, RequestLimits limits, ConnectionLimits connections) {
    // Enough for one body and a half.
    var bodies = new BodyBudget(limits.maxBodyBytes() * 3L / 2);
    var path = new FastPath(route, limits, connections, bodies, inFlight);
    server =
        new FastPathCustomizer(path)
            .apply(HttpServer.create().host("127.0.0.1").port(0))
            .childOption(ChannelOption.ALLOCATOR, allocator)
            .handle(
                (request, response) -> {
                  if (request.uri().startsWith("/stream")) {
                    return response.sendString(
                        Flux.interval(Duration.ofMillis(100)).take(12).map(i -> i + ","));
                  }
                  var wait = request.uri().startsWith("/held") ? held.asMono() : Mono.<Void>empty();
                  var text = "slow " + request.uri();
                  return request
                      .receive()
                      .then(wait)
                      .then(
                          response
                              .header("Content-Length", Integer.toString(text.length()))
                              .sendString(Mono.just(text))
                              .then());
                })
            .bindNow(Duration.ofSeconds(10));
  }

  /** A new connection. */
  public RawClient connect() throws IOException {
    return new RawClient(server.port());
  }

  /** Lets {@code /held} answer. */
  public void releaseHeld() {
    held.tryEmitEmpty();
  }

  /** The requests under way. */
  public InFlightRequests inFlight() {
    return inFlight;
  }

  /** Direct memory that connections have not given back. */
  public long bytesInUse() {
    return allocator.metric().usedDirectMemory();
  }

  @Override
  public void close() {
    server.disposeNow(Duration.ofSeconds(5));
  }
}
