package dev.millrace.serving.api.edge;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.util.concurrent.Future;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Inflates bodies off the event loops: a few kilobytes may become as much as the limit allows, and
 * would hold up all connections of a loop meanwhile.
 *
 * <p>One body per two processors at a time, counted until its loop has read it: many small bodies
 * take neither the memory of as many large ones nor the processors of all other virtual threads.
 * Nothing is done for a client that has gone meanwhile.
 */
public final class Inflation {
  private static final Logger log = LoggerFactory.getLogger(Inflation.class);

  private final int limitBytes;
  private final ExecutorService threads =
      Executors.newFixedThreadPool(
          Math.max(1, Runtime.getRuntime().availableProcessors() / 2),
          Thread.ofVirtual().name("inflation-", 1).factory());

  /** Inflates to so many bytes at most; more is refused. */
  public Inflation(int limitBytes) {
    this.limitBytes = limitBytes;
  }

  /**
   * Calls the reader with the body of a request, inflated where its Content-Encoding says that it
   * must be: at once, or later as {@link #start} does.
   *
   * @param refusal called where the body cannot be inflated, or where the reader throws later
   * @throws InferenceException where the coding is unknown, or where the reader throws at once
   */
  public void read(
      FastRequest request,
      FastExchange exchange,
      Consumer<ByteBuf> reader,
      Consumer<InferenceFailure> refusal) {
    var coding = ContentCoding.ofRequest(request.headers().get(HttpHeaderNames.CONTENT_ENCODING));
    if (coding == ContentCoding.IDENTITY) {
      reader.accept(request.body());
    } else {
      start(coding, request.body(), exchange, reader, refusal);
    }
  }

  /**
   * Calls the reader later, on the loop of the exchange, with a body that is released when it
   * returns; or, where the body cannot be inflated or the reader throws, the refusal.
   */
  void start(
      ContentCoding coding,
      ByteBuf body,
      FastExchange exchange,
      Consumer<ByteBuf> reader,
      Consumer<InferenceFailure> refusal) {
    body.retain();
    threads.execute(() -> inflate(coding, body, exchange, reader, refusal));
  }

  private void inflate(
      ContentCoding coding,
      ByteBuf body,
      FastExchange exchange,
      Consumer<ByteBuf> reader,
      Consumer<InferenceFailure> refusal) {
    refusing(
        exchange,
        refusal,
        () -> {
          var inflated = inflated(coding, body, exchange);
          var reading = submit(exchange, inflated, () -> read(inflated, exchange, reader, refusal));
          var _ = reading.awaitUninterruptibly();
        });
  }

  private static Future<?> submit(FastExchange exchange, ByteBuf inflated, Runnable reading) {
    try {
      return exchange.loop().submit(reading);
    } catch (RuntimeException | Error e) {
      inflated.release();
      throw e;
    }
  }

  private static void requirePresent(FastExchange exchange) {
    if (exchange.gone()) {
      throw new InferenceException(
          new InferenceFailure.Cancelled("The client left before its body was decompressed."));
    }
  }

  private ByteBuf inflated(ContentCoding coding, ByteBuf body, FastExchange exchange) {
    try {
      requirePresent(exchange);
      return coding.inflate(body, limitBytes, exchange.allocator());
    } finally {
      body.release();
    }
  }

  private static void read(
      ByteBuf inflated,
      FastExchange exchange,
      Consumer<ByteBuf> reader,
      Consumer<InferenceFailure> refusal) {
    try {
      refusing(
          exchange,
          refusal,
          () -> {
            requirePresent(exchange);
            reader.accept(inflated);
          });
    } finally {
      inflated.release();
    }
  }

  private static void refusing(
      FastExchange exchange, Consumer<InferenceFailure> refusal, Runnable work) {
    try {
      work.run();
    } catch (InferenceException refused) {
      exchange.loop().execute(() -> refusal.accept(refused.failure()));
    } catch (RejectedExecutionException stopped) {
      log.debug("The server stopped before a body was decompressed", stopped);
    } catch (RuntimeException | Error broken) {
      // The outermost handler of an inflated request: whatever broke, the client gets an answer.
      log.error("Request not answered", broken);
      var failure = new InferenceFailure.Broken("The request could not be handled.");
      exchange.loop().execute(() -> refusal.accept(failure));
    }
  }
}
