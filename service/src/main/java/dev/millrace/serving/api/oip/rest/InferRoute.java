package dev.millrace.serving.api.oip.rest;

import dev.millrace.serving.api.edge.FastExchange;
import dev.millrace.serving.api.edge.FastRequest;
import dev.millrace.serving.api.edge.FastResponses;
import dev.millrace.serving.api.edge.FastRoute;
import dev.millrace.serving.api.edge.HttpStatuses;
import dev.millrace.serving.api.edge.InferEngine;
import dev.millrace.serving.api.edge.Inflation;
import dev.millrace.serving.api.edge.RequestLimits;
import dev.millrace.serving.api.sharedmemory.SharedRegions;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.telemetry.FailureReason;
import dev.millrace.serving.time.NanoClock;
import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.FastThreadLocal;
import java.util.List;

/** Answers {@code POST /v2/models/{model}[/versions/{version}]/infer}. */
public final class InferRoute implements FastRoute {
  private final InferEngine engine;
  private final RequestLimits limits;
  private final SharedRegions regions;
  private final NanoClock clock;
  private final Inflation inflation;

  /** One per event loop: a writer holds the array it prints into. */
  private final FastThreadLocal<AnswerWriter> writers =
      new FastThreadLocal<>() {
        @Override
        protected AnswerWriter initialValue() {
          return new AnswerWriter();
        }
      };

  /** Answers with the models of the engine. */
  public InferRoute(
      InferEngine engine,
      RequestLimits limits,
      Inflation inflation,
      SharedRegions regions,
      NanoClock clock) {
    this.engine = engine;
    this.limits = limits;
    this.inflation = inflation;
    this.regions = regions;
    this.clock = clock;
  }

  @Override
  public boolean takes(String uri) {
    return InferTarget.matches(uri);
  }

  @Override
  public List<String> patterns() {
    return List.of("/v2/models/{model}/infer", "/v2/models/{model}/versions/{version}/infer");
  }

  @Override
  public void handle(FastRequest request, FastExchange exchange) {
    try {
      inflated(request, exchange);
    } catch (InferenceException e) {
      refuse(request.uri(), exchange, e.failure());
    }
  }

  @Override
  public void refused(String uri, FailureReason reason) {
    var target = InferTarget.parseOrNobody(uri);
    engine.countRefused(target.model(), target.version(), reason);
  }

  private void refuse(String uri, FastExchange exchange, InferenceFailure failure) {
    refused(uri, FailureReason.of(failure));
    exchange.reply(FastResponses.error(HttpStatuses.of(failure), failure.message()));
  }

  private void inflated(FastRequest request, FastExchange exchange) {
    inflation.read(
        request,
        exchange,
        body -> contiguous(request, body, exchange),
        failure -> refuse(request.uri(), exchange, failure));
  }

  private void contiguous(FastRequest request, ByteBuf body, FastExchange exchange) {
    if (body.isDirect() && body.nioBufferCount() == 1) {
      infer(request, body, exchange);
      return;
    }
    var copy = exchange.allocator().directBuffer(Math.max(1, body.readableBytes()));
    try {
      infer(request, copy.writeBytes(body, body.readerIndex(), body.readableBytes()), exchange);
    } finally {
      copy.release();
    }
  }

  private void infer(FastRequest request, ByteBuf body, FastExchange exchange) {
    var target = InferTarget.parse(request.uri());
    var event = EventMode.of(request.headers());
    var decoded =
        event == EventMode.STRUCTURED
            ? decodeEvent(request, target, body, exchange)
            : decode(request, target, body, exchange);
    boolean submitted = false;
    try {
      exchange.hold(decoded.bytes());
      decoded.restrict(InferHeaders.cacheUse(request.headers()));
      var inference = decoded.toInference(target.model(), target.version(), clock.nanos());
      engine.infer(
          inference, new RestReply(exchange, decoded, writers.get(), request.headers(), event));
      submitted = true;
    } finally {
      if (!submitted) {
        decoded.close();
      }
    }
  }

  private DecodedRequest decodeEvent(
      FastRequest request, InferTarget target, ByteBuf body, FastExchange exchange) {
    var event = StructuredEvent.read(body, exchange.allocator());
    try {
      if (event.encoded()) {
        exchange.hold((long) body.readableBytes() + event.data().capacity());
        return decode(request, target, event.data(), exchange);
      }
      int jsonBytes = event.data().readableBytes();
      return InferBodyReader.read(target.model(), event.data(), jsonBytes, memory(exchange));
    } finally {
      event.data().release();
    }
  }

  private DecodedRequest decode(
      FastRequest request, InferTarget target, ByteBuf body, FastExchange exchange) {
    var memory = memory(exchange);
    int jsonBytes = InferHeaders.jsonBytes(request.headers(), body.readableBytes());
    boolean raw = jsonBytes == 0 && request.headers().contains(InferHeaders.JSON_LENGTH);
    return raw
        ? RawBodyReader.read(engine.describe(target.model(), target.version()), body, memory)
        : InferBodyReader.read(target.model(), body, jsonBytes, memory);
  }

  private TensorMemory memory(FastExchange exchange) {
    return new TensorMemory(exchange.allocator(), limits.maxBodyBytes(), regions, exchange::hold);
  }
}
