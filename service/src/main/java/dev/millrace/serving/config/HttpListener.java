package dev.millrace.serving.config;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.reactor.netty.NettyServerCustomizer;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

/**
 * Accepts no more connections on the HTTP port while those that are open go on. Boot's own graceful
 * stop knows only the requests that Spring answers and would cut off those that are answered before
 * it.
 */
final class HttpListener implements NettyServerCustomizer {
  // Set once, by the thread that starts the server.
  private volatile @Nullable DisposableServer server;

  @Override
  public HttpServer apply(HttpServer http) {
    return http.doOnBound(bound -> server = bound);
  }

  /** New connections wait until the port is closed; those that are open go on. */
  void stopAccepting() {
    var bound = server;
    if (bound != null) {
      bound.channel().config().setAutoRead(false);
    }
  }
}
