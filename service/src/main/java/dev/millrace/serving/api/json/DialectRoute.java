package dev.millrace.serving.api.json;

import dev.millrace.serving.api.edge.FastExchange;
import dev.millrace.serving.api.edge.FastRequest;
import dev.millrace.serving.api.edge.FastRoute;
import dev.millrace.serving.api.edge.InferEngine;
import dev.millrace.serving.api.edge.Inflation;
import dev.millrace.serving.api.edge.RequestLimits;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.inference.InferenceRequest;
import dev.millrace.serving.scheduling.CacheUse;
import dev.millrace.serving.telemetry.FailureReason;
import dev.millrace.serving.time.NanoClock;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.util.concurrent.FastThreadLocal;
import java.util.List;

/** Answers the requests of one dialect. */
public final class DialectRoute implements FastRoute {
  private final Dialect dialect;
  private final InferEngine engine;
  private final RequestLimits limits;
  private final Inflation inflation;
  private final NanoClock clock;

  /** One per event loop: a writer holds the array it prints into. */
  private final FastThreadLocal<JsonWriter> writers =
      new FastThreadLocal<>() {
        @Override
        protected JsonWriter initialValue() {
          return new JsonWriter(Unpooled.EMPTY_BUFFER);
        }
      };

  /** Answers with the models of the engine; several routes may share the inflation. */
  public DialectRoute(
      Dialect dialect,
      InferEngine engine,
      RequestLimits limits,
      Inflation inflation,
      NanoClock clock) {
    this.dialect = dialect;
    this.engine = engine;
    this.limits = limits;
    this.inflation = inflation;
    this.clock = clock;
  }

  @Override
  public boolean takes(String uri) {
    return dialect.takes(uri);
  }

  @Override
  public List<String> patterns() {
    return dialect.patterns();
  }

  @Override
  public void handle(FastRequest request, FastExchange exchange) {
    try {
      var refusal = dialect.refusal(request.headers());
      if (refusal.isPresent()) {
        count(request, FailureReason.OTHER);
        send(request, exchange, refusal.get());
        return;
      }
      inflation.read(
          request,
          exchange,
          body -> infer(request, body, exchange),
          failure -> refuse(request, exchange, failure));
    } catch (InferenceException e) {
      refuse(request, exchange, e.failure());
    }
  }

  @Override
  public void refused(String uri, FailureReason reason) {
    var target =
        targetOrNobody(new FastRequest(uri, EmptyHttpHeaders.INSTANCE, Unpooled.EMPTY_BUFFER));
    engine.countRefused(target.model(), target.version(), reason);
  }

  private void refuse(FastRequest request, FastExchange exchange, InferenceFailure failure) {
    count(request, FailureReason.of(failure));
    send(request, exchange, dialect.error(failure));
  }

  private void send(FastRequest request, FastExchange exchange, FullHttpResponse response) {
    dialect.echo(request.headers(), response);
    exchange.reply(response);
  }

  private void count(FastRequest request, FailureReason reason) {
    var target = targetOrNobody(request);
    engine.countRefused(target.model(), target.version(), reason);
  }

  private ModelTarget targetOrNobody(FastRequest request) {
    try {
      return dialect.takes(request.uri())
          ? dialect.target(request.uri(), request.headers())
          : ModelTarget.NOBODY;
    } catch (InferenceException _) {
      return ModelTarget.NOBODY;
    }
  }

  private void infer(FastRequest request, ByteBuf body, FastExchange exchange) {
    long timeoutNanos = dialect.timeoutNanos();
    long deadline =
        timeoutNanos == Dialect.UNLIMITED ? Long.MAX_VALUE : clock.nanos() + timeoutNanos;
    var target = dialect.target(request.uri(), request.headers());
    var model = engine.describe(target.model(), target.version());
    var memory = new RequestTensors(exchange.allocator(), limits.maxBodyBytes());
    boolean submitted = false;
    try {
      var question = dialect.read(request, body, model, memory);
      exchange.hold(memory.bytes());
      var reply =
          new DialectReply(
              dialect, exchange, memory, question.form(), writers.get(), request.headers());
      engine.infer(inference(request, target, question, deadline), reply);
      submitted = true;
    } finally {
      if (!submitted) {
        memory.close();
      }
    }
  }

  private static InferenceRequest inference(
      FastRequest request, ModelTarget target, Question question, long deadlineNanos) {
    return new InferenceRequest(
        target.model(),
        target.version(),
        question.inputs(),
        question.outputs(),
        deadlineNanos,
        0,
        CacheUse.ofHeader(request.headers().get(HttpHeaderNames.CACHE_CONTROL)));
  }
}
