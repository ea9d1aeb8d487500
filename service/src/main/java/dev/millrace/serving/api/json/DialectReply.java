package dev.millrace.serving.api.json;

import dev.millrace.serving.api.edge.ContentCoding;
import dev.millrace.serving.api.edge.FastExchange;
import dev.millrace.serving.api.edge.FastResponses;
import dev.millrace.serving.api.edge.ServerTiming;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.inference.InferenceAnswer;
import dev.millrace.serving.inference.InferenceReply;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One request of a dialect that waits for its outcome; on the event loop of its connection. */
final class DialectReply implements InferenceReply {
  private static final Logger log = LoggerFactory.getLogger(DialectReply.class);

  private static final int FIRST_BYTES = 1_024;

  private final Dialect dialect;
  private final FastExchange exchange;
  private final RequestTensors memory;
  private final AnswerForm form;
  private final JsonWriter json;
  private final HttpHeaders headers;

  DialectReply(
      Dialect dialect,
      FastExchange exchange,
      RequestTensors memory,
      AnswerForm form,
      JsonWriter json,
      HttpHeaders headers) {
    this.dialect = dialect;
    this.exchange = exchange;
    this.memory = memory;
    this.form = form;
    this.json = json;
    this.headers = headers;
  }

  @Override
  public Executor home() {
    return exchange.loop();
  }

  @Override
  public boolean cancelled() {
    return exchange.gone();
  }

  @Override
  public void answered(InferenceAnswer answer) {
    send(response(answer));
  }

  @Override
  public void failed(InferenceFailure failure) {
    memory.close();
    send(error(failure));
  }

  private void send(FullHttpResponse response) {
    dialect.echo(headers, response);
    exchange.reply(response);
  }

  private FullHttpResponse response(InferenceAnswer answer) {
    try (answer;
        memory) {
      return encoded(answer);
    } catch (InferenceException e) {
      return error(e.failure());
    } catch (Throwable e) {
      // The outermost handler of an answer: whatever broke, the client hears of it.
      log.error("Answer not sent: model={} version={}", answer.model(), answer.version(), e);
      return FastResponses.failure(e, "The answer could not be written.");
    }
  }

  private FullHttpResponse encoded(InferenceAnswer answer) {
    long startNanos = System.nanoTime();
    var response =
        FastResponses.compressed(
            HttpHeaderValues.APPLICATION_JSON,
            written(answer),
            ContentCoding.ofAnswer(headers.get(HttpHeaderNames.ACCEPT_ENCODING)),
            exchange.allocator());
    long encodeNanos = System.nanoTime() - startNanos;
    response.headers().set(ServerTiming.HEADER, ServerTiming.of(answer, encodeNanos));
    return response;
  }

  private ByteBuf written(InferenceAnswer answer) {
    var body = exchange.allocator().directBuffer(FIRST_BYTES);
    boolean whole = false;
    try {
      json.restart(body);
      form.write(json, answer.outputs());
      json.flush();
      whole = true;
      return body;
    } finally {
      if (!whole) {
        body.release();
      }
    }
  }

  private FullHttpResponse error(InferenceFailure failure) {
    var response = dialect.error(failure);
    ServerTiming.of(failure).ifPresent(text -> response.headers().set(ServerTiming.HEADER, text));
    return response;
  }
}
