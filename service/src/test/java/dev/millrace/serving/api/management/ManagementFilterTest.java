package dev.millrace.serving.api.management;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.http.HttpStatus;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.web.server.MockServerWebExchange;
import reactor.core.publisher.Mono;

class ManagementFilterTest {
  private final ManagementFilter guarded = new ManagementFilter("secret");
  private final ManagementFilter open = new ManagementFilter("");

  @Test
  void asksForTheTokenWhereOneIsSet() {
    assertThat(passes(guarded, "/metrics", "Bearer secret")).isTrue();
    assertThat(passes(guarded, "/metrics", "Bearer secrets")).isFalse();
    assertThat(passes(guarded, "/metrics", null)).isFalse();
    assertThat(passes(open, "/metrics", null)).isTrue();
  }

  @Test
  void letsProbesIn() {
    assertThat(passes(guarded, "/health", null)).isTrue();
    assertThat(passes(guarded, "/health/readiness", null)).isTrue();
  }

  @Test
  void hasNoOtherRoutes() {
    assertThat(passes(open, "/console/status", null)).isFalse();
    assertThat(passes(guarded, "/", "Bearer secret")).isFalse();
  }

  @Test
  void saysWhatIsMissing() {
    var exchange = exchange("/metrics", null);
    guarded.filter(exchange, _ -> Mono.empty()).block();
    assertThat(exchange.getResponse().getStatusCode()).isEqualTo(HttpStatus.UNAUTHORIZED);
    assertThat(exchange.getResponse().getBodyAsString().block())
        .isEqualTo(
            "{\"error\":\"Send the header 'Authorization: Bearer TOKEN' with the token of MILLRACE_MANAGEMENT_TOKEN.\"}");
  }

  private static boolean passes(
      ManagementFilter filter, String path, @Nullable String authorization) {
    var passed = new boolean[1];
    filter
        .filter(
            exchange(path, authorization),
            _ -> {
              passed[0] = true;
              return Mono.empty();
            })
        .block();
    return passed[0];
  }

  private static MockServerWebExchange exchange(String path, @Nullable String authorization) {
    var request = MockServerHttpRequest.get(path);
    if (authorization != null) {
      request.header("Authorization", authorization);
    }
    return MockServerWebExchange.from(request);
  }
}
