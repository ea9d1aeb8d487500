package dev.millrace.serving.api.oip.rest;

import dev.millrace.serving.api.edge.ContentCoding;
import dev.millrace.serving.api.edge.FastExchange;
import dev.millrace.serving.api.edge.FastResponses;
import dev.millrace.serving.api.edge.HttpStatuses;
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
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One infer request that waits for its outcome; on the event loop of its connection. */
final class RestReply implements InferenceReply {
  private static final Logger log = LoggerFactory.getLogger(RestReply.class);

  private final FastExchange exchange;
  private final DecodedRequest request;
  private final AnswerWriter writer;
  private final ContentCoding coding;
  private final EventMode event;
  private final @Nullable String traceParent;

  RestReply(
      FastExchange exchange,
      DecodedRequest request,
      AnswerWriter writer,
      HttpHeaders headers,
      EventMode event) {
    this.exchange = exchange;
    this.request = request;
    this.writer = writer;
    this.event = event;
    this.coding = ContentCoding.ofAnswer(headers.get(HttpHeaderNames.ACCEPT_ENCODING));
    this.traceParent = InferHeaders.traceParent(headers);
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
    exchange.reply(traced(response(answer)));
  }

  @Override
  public void failed(InferenceFailure failure) {
    request.close();
    exchange.reply(traced(error(failure)));
  }

  private FullHttpResponse response(InferenceAnswer answer) {
    try (answer;
        request) {
      return encode(answer);
    } catch (InferenceException e) {
      return error(e.failure());
    } catch (Throwable e) {
      // The outermost handler of an answer: whatever broke, the client hears of it.
      log.error("Answer not sent: model={} version={}", answer.model(), answer.version(), e);
      return FastResponses.failure(e, "The answer could not be written.");
    }
  }

  private FullHttpResponse encode(InferenceAnswer answer) {
    long startNanos = System.nanoTime();
    var encoded = writer.write(request.classes().in(answer), request, exchange.allocator());
    boolean binary = encoded.hasBinaryTensors();
    var response = response(answer, encoded);
    if (binary) {
      response.headers().setInt(InferHeaders.JSON_LENGTH, encoded.jsonBytes());
    }
    long encodeNanos = System.nanoTime() - startNanos;
    response.headers().set(ServerTiming.HEADER, ServerTiming.of(answer, encodeNanos));
    return response;
  }

  private FullHttpResponse response(InferenceAnswer answer, EncodedAnswer encoded) {
    if (event == EventMode.STRUCTURED) {
      var body = EventAnswer.around(answer.model(), encoded, exchange.allocator());
      return compressed(body, EventMode.STRUCTURED_TYPE);
    }
    var type =
        encoded.hasBinaryTensors()
            ? HttpHeaderValues.APPLICATION_OCTET_STREAM
            : HttpHeaderValues.APPLICATION_JSON;
    var response = compressed(encoded.body(), type);
    if (event == EventMode.BINARY) {
      EventAnswer.describe(response.headers(), answer.model());
    }
    return response;
  }

  private FullHttpResponse compressed(ByteBuf body, CharSequence type) {
    return FastResponses.compressed(type, body, coding, exchange.allocator());
  }

  private FullHttpResponse traced(FullHttpResponse response) {
    if (traceParent != null) {
      response.headers().set(InferHeaders.TRACE_PARENT, traceParent);
    }
    return response;
  }

  private static FullHttpResponse error(InferenceFailure failure) {
    var response = FastResponses.error(HttpStatuses.of(failure), failure.message());
    ServerTiming.of(failure).ifPresent(text -> response.headers().set(ServerTiming.HEADER, text));
    return response;
  }
}
