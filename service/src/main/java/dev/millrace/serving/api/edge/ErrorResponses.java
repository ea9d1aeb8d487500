package dev.millrace.serving.api.edge;

import dev.millrace.serving.failure.InferenceException;
import io.netty.channel.ChannelException;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.Ordered;
import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.ErrorResponse;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebExceptionHandler;
import org.springframework.web.util.DisconnectedClientHelper;
import reactor.core.publisher.Mono;

/**
 * Answers whatever goes wrong behind Spring's routes, unknown paths included, as {@code
 * {"error":"text"}}; what a client reads is never a stack trace.
 */
public final class ErrorResponses implements WebExceptionHandler, Ordered {
  private static final Logger log = LoggerFactory.getLogger(ErrorResponses.class);

  /** Just before Boot's own. */
  private static final int ORDER = -2;

  private static final int BAD_REQUEST = 400;
  private static final int NOT_FOUND = 404;
  private static final int TOO_SLOW = 408;
  private static final int TOO_LARGE = 413;
  private static final int BROKEN = 500;

  private final Duration bodyTimeout;

  /** Answers behind a server that waits this long for the rest of a body. */
  public ErrorResponses(Duration bodyTimeout) {
    this.bodyTimeout = bodyTimeout;
  }

  @Override
  public int getOrder() {
    return ORDER;
  }

  @Override
  public Mono<Void> handle(ServerWebExchange exchange, Throwable failure) {
    if (exchange.getResponse().isCommitted()
        || DisconnectedClientHelper.isClientDisconnectedException(failure)) {
      return Mono.error(failure);
    }
    return write(exchange, answer(exchange.getRequest(), failure));
  }

  private static Mono<Void> write(ServerWebExchange exchange, Answer answer) {
    var response = exchange.getResponse();
    response.setRawStatusCode(answer.status());
    if (answer.cause() instanceof ErrorResponse known) {
      response.getHeaders().putAll(known.getHeaders());
    }
    if (answer.status() == TOO_SLOW) {
      response.getHeaders().setConnection("close");
    }
    response.getHeaders().setContentType(MediaType.APPLICATION_JSON);
    var body = new ErrorBody(answer.message()).toJson();
    response.getHeaders().setContentLength(body.length);
    return response.writeWith(Mono.just(response.bufferFactory().wrap(body)));
  }

  private Answer answer(ServerHttpRequest request, Throwable failure) {
    return switch (failure) {
      case InferenceException refused ->
          new Answer(HttpStatuses.of(refused.failure()), refused.failure().message(), refused);
      case DataBufferLimitException _ ->
          new Answer(TOO_LARGE, "The body is larger than this path takes.", failure);
      case InvalidMediaTypeException wrong ->
          new Answer(BAD_REQUEST, "A header has no media type: " + wrong.getMessage(), failure);
      case ErrorResponse known ->
          new Answer(known.getStatusCode().value(), text(request, known), failure);
      case ChannelException _ when isBodyTimeout(failure) ->
          new Answer(TOO_SLOW, Refusal.slowBody(bodyTimeout) + ".", failure);
      default -> broken(request, failure);
    };
  }

  /** By its name: Reactor Netty keeps the type to itself. */
  private static boolean isBodyTimeout(Throwable failure) {
    return failure.getClass().getSimpleName().equals("RequestTimeoutException");
  }

  private static Answer broken(ServerHttpRequest request, Throwable failure) {
    log.error("Request not answered: {} {}", request.getMethod(), request.getPath(), failure);
    return new Answer(BROKEN, "The request could not be handled.", failure);
  }

  private static String text(ServerHttpRequest request, ErrorResponse known) {
    if (known.getStatusCode().value() == NOT_FOUND) {
      return "Not Found: " + request.getMethod() + " " + request.getPath().value();
    }
    return Optional.ofNullable(known.getBody().getDetail())
        .orElseGet(() -> "HTTP status " + known.getStatusCode().value());
  }

  private record Answer(int status, String message, Throwable cause) {}
}
