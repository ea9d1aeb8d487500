package dev.millrace.serving.api.edge;

import org.springframework.boot.reactor.netty.NettyServerCustomizer;
import reactor.netty.NettyPipeline;
import reactor.netty.http.server.HttpServer;

/** Puts a {@link FastPath} into every HTTP/1.1 connection of the server that Boot starts. */
public final class FastPathCustomizer implements NettyServerCustomizer {
  private static final String HANDLER = "millrace.fastPath";

  private final FastPath path;

  /** Answers these requests. */
  public FastPathCustomizer(FastPath path) {
    this.path = path;
  }

  @Override
  public HttpServer apply(HttpServer server) {
    return server
        // The same patience with slow bodies for what Spring answers.
        .requestTimeout(path.limits().bodyTimeout())
        .doOnChannelInit(
            (_, channel, _) ->
                channel
                    .pipeline()
                    .addAfter(NettyPipeline.HttpCodec, HANDLER, new FastPathHandler(path)));
  }
}
