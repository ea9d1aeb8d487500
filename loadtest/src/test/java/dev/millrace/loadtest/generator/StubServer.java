package dev.millrace.loadtest.generator;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** Answers every request with two bytes; the tenth one it sees may stall. */
final class StubServer implements AutoCloseable {
  private static final int STALLING_REQUEST = 10;

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Duration stall;
  private final AtomicInteger seen = new AtomicInteger();
  private final AtomicInteger now = new AtomicInteger();
  private final AtomicInteger most = new AtomicInteger();

  private StubServer(HttpServer server, Duration stall) {
    this.server = server;
    this.stall = stall;
  }

  static StubServer answering(Duration stall) throws IOException {
    var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    var stub = new StubServer(HttpServer.create(address, 0), stall);
    stub.server.createContext("/", stub::answer);
    stub.server.setExecutor(stub.threads);
    stub.server.start();
    return stub;
  }

  int port() {
    return server.getAddress().getPort();
  }

  /** The most requests it had at one time. */
  int mostAtOnce() {
    return most.get();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      most.accumulateAndGet(now.incrementAndGet(), Math::max);
      exchange.getRequestBody().readAllBytes();
      if (seen.incrementAndGet() == STALLING_REQUEST) {
        LockSupport.parkNanos(stall.toNanos());
      }
      now.decrementAndGet();
      exchange.sendResponseHeaders(200, 2);
      exchange.getResponseBody().write(new byte[] {'o', 'k'});
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
