package dev.millrace.serving.api.edge;

import dev.millrace.serving.telemetry.FailureReason;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.FullHttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Takes {@code /fast}: answers with the body, at once, or for {@code /fast/parked} when the test
 * says so; {@code /fast/large} is answered with {@link #LARGE_BYTES}.
 */
final class ParkingRoute implements FastRoute {
  static final int LARGE_BYTES = 1 << 20;

  private final AtomicInteger handled = new AtomicInteger();
  private final BlockingQueue<Parked> parked = new LinkedBlockingQueue<>();
  private final List<String> refused = new CopyOnWriteArrayList<>();

  @Override
  public boolean takes(String uri) {
    return uri.startsWith("/fast");
  }

  @Override
  public void handle(FastRequest request, FastExchange exchange) {
    handled.incrementAndGet();
    if (request.uri().startsWith("/fast/large")) {
      var large = exchange.allocator().directBuffer(LARGE_BYTES).writeZero(LARGE_BYTES);
      exchange.reply(FastResponses.of(200, "text/plain", large));
      return;
    }
    if (request.uri().startsWith("/fast/broken")) {
      throw new IllegalStateException("broken on purpose");
    }
    if (request.uri().startsWith("/fast/starved")) {
      throw new OutOfMemoryError("no memory on purpose");
    }
    var answer = new Parked(exchange, response(request.body(), exchange));
    if (request.uri().startsWith("/fast/parked")) {
      parked.add(answer);
    } else {
      exchange.reply(answer.response());
    }
  }

  @Override
  public void refused(String uri, FailureReason reason) {
    refused.add(uri + " " + reason);
  }

  /** How many requests have been handled. */
  int handled() {
    return handled.get();
  }

  /** Targets and reasons of the requests that were not handled, oldest first. */
  List<String> refused() {
    return refused;
  }

  /** The next request that waits for its answer. */
  Parked next() throws InterruptedException {
    var next = parked.poll(10, TimeUnit.SECONDS);
    if (next == null) {
      throw new AssertionError("No request arrived");
    }
    return next;
  }

  boolean hasNext() {
    return !parked.isEmpty();
  }

  private static FullHttpResponse response(ByteBuf body, FastExchange exchange) {
    var echo = exchange.allocator().buffer();
    echo.writeCharSequence("fast ", StandardCharsets.US_ASCII);
    return FastResponses.of(200, "text/plain", echo.writeBytes(body, 0, body.readableBytes()));
  }

  /** An answer that waits. */
  record Parked(FastExchange exchange, FullHttpResponse response) {
    void answer() {
      exchange.loop().execute(() -> exchange.reply(response));
    }
  }
}
