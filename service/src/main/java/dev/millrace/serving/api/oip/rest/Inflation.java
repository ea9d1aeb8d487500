package dev.millrace.serving.api.oip.rest;

import dev.millrace.serving.api.edge.ContentCoding;
import dev.millrace.serving.api.edge.FastExchange;
import dev.millrace.serving.api.edge.FastResponses;
import dev.millrace.serving.api.edge.HttpStatuses;
import dev.millrace.serving.failure.InferenceException;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.FullHttpResponse;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Inflates bodies off the event loops: a few kilobytes may become as much as the limit allows, and
 * would hold up all connections of a loop meanwhile.
 *
 * <p>One body per two processors at a time, counted until its loop has read it: many small bodies
 * take neither the memory of as many large ones nor the processors of all other virtual threads.
 */
final class Inflation {
  private static final Logger log = LoggerFactory.getLogger(Inflation.class);

  private final int limitBytes;
  private final ExecutorService threads =
      Executors.newFixedThreadPool(
          Math.max(1, Runtime.getRuntime().availableProcessors() / 2),
          Thread.ofVirtual().name("inflation-", 1).factory());

  Inflation(int limitBytes) {
    this.limitBytes = limitBytes;
  }

  /**
   * Calls the reader later, on the loop of the exchange, with a body that is released when it
   * returns; a body that cannot be inflated, or a reader that throws, is answered here.
   */
  void start(ContentCoding coding, ByteBuf body, FastExchange exchange, Consumer<ByteBuf> reader) {
    body.retain();
    threads.execute(() -> inflate(coding, body, exchange, reader));
  }

  private void inflate(
      ContentCoding coding, ByteBuf body, FastExchange exchange, Consumer<ByteBuf> reader) {
    answering(
        exchange,
        () -> {
          var inflated = inflated(coding, body, exchange);
          var reading = exchange.loop().submit(() -> read(inflated, exchange, reader));
          var _ = reading.awaitUninterruptibly();
        });
  }

  private ByteBuf inflated(ContentCoding coding, ByteBuf body, FastExchange exchange) {
    try {
      return coding.inflate(body, limitBytes, exchange.allocator());
    } finally {
      body.release();
    }
  }

  private static void read(ByteBuf inflated, FastExchange exchange, Consumer<ByteBuf> reader) {
    try {
      answering(exchange, () -> reader.accept(inflated));
    } finally {
      inflated.release();
    }
  }

  private static void answering(FastExchange exchange, Runnable work) {
    try {
      work.run();
    } catch (InferenceException refused) {
      var failure = refused.failure();
      reply(exchange, () -> FastResponses.error(HttpStatuses.of(failure), failure.message()));
    } catch (RuntimeException | Error broken) {
      // The outermost handler of an inflated request: whatever broke, the client gets an answer.
      log.error("Request not answered", broken);
      reply(exchange, () -> FastResponses.error(500, "The request could not be handled."));
    }
  }

  private static void reply(FastExchange exchange, Supplier<FullHttpResponse> response) {
    exchange.loop().execute(() -> exchange.reply(response.get()));
  }
}
