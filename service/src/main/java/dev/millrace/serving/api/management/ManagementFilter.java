package dev.millrace.serving.api.management;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/**
 * Keeps the management port to its own routes: Spring would answer the routes of the data port
 * there as well. Where a token is set it is asked for; health stays open, as probes have no token.
 */
public final class ManagementFilter implements WebFilter {
  private final byte[] expected;
  private final boolean open;

  /** Lets in who knows this token; everybody where it is empty. */
  public ManagementFilter(String token) {
    open = token.isEmpty();
    expected = ("Bearer " + token).getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
    return switch (exchange.getRequest().getPath().value()) {
      case "/health", "/health/liveness", "/health/readiness" -> chain.filter(exchange);
      case "/metrics", "/devices" ->
          isAllowed(exchange) ? chain.filter(exchange) : refuse(exchange);
      default ->
          answer(
              exchange,
              HttpStatus.NOT_FOUND,
              "This port answers /metrics, /devices and /health only.");
    };
  }

  private boolean isAllowed(ServerWebExchange exchange) {
    return open
        || isExpected(exchange.getRequest().getHeaders().getFirst(HttpHeaders.AUTHORIZATION));
  }

  private boolean isExpected(@Nullable String given) {
    return given != null && MessageDigest.isEqual(expected, given.getBytes(StandardCharsets.UTF_8));
  }

  private static Mono<Void> refuse(ServerWebExchange exchange) {
    exchange.getResponse().getHeaders().set(HttpHeaders.WWW_AUTHENTICATE, "Bearer");
    return answer(
        exchange,
        HttpStatus.UNAUTHORIZED,
        "Send the header 'Authorization: Bearer TOKEN' with the token of MILLRACE_MANAGEMENT_TOKEN.");
  }

  private static Mono<Void> answer(ServerWebExchange exchange, HttpStatus status, String error) {
    var response = exchange.getResponse();
    response.setStatusCode(status);
    response.getHeaders().setContentType(MediaType.APPLICATION_JSON);
    var body = "{\"error\":\"" + error + "\"}";
    return response.writeWith(
        Mono.just(response.bufferFactory().wrap(body.getBytes(StandardCharsets.UTF_8))));
  }
}
