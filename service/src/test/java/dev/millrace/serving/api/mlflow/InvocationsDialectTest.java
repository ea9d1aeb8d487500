package dev.millrace.serving.api.mlflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class InvocationsDialectTest {
  @Test
  void choosesTheModel() {
    assertThat(model(dialect("", "a"), "/invocations", "")).isEqualTo("a");
    assertThat(model(dialect("b", "a", "b"), "/invocations?x", "")).isEqualTo("b");
    assertThat(model(dialect("b", "a", "b"), "/invocations", "a")).isEqualTo("a");
    assertThat(model(dialect("", "a", "b"), "/invocations", "/a.tar.gz")).isEqualTo("a");
    assertThat(model(dialect("", "a", "b"), "/models/c%20d/invoke", "a")).isEqualTo("c d");
  }

  @Test
  void saysWhatToDoWhereNothingChooses() {
    assertThatThrownBy(() -> model(dialect("", "a", "b"), "/invocations", ""))
        .hasMessageStartingWith("The models [a, b] are served")
        .hasMessageContaining("MILLRACE_DEFAULT_MODEL");
    assertThatThrownBy(() -> model(dialect(""), "/invocations", ""))
        .hasMessageStartingWith("No model is served yet.");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/invocation",
        "/invocations/",
        "/models/invoke",
        "/models//invoke",
        "/models/a/b/invoke",
        "/models/a/classify",
        "/models",
        ""
      })
  void leavesOtherTargetsAlone(String uri) {
    assertThat(dialect("").takes(uri)).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "none",
      textBlock =
          """
          application/json                 | ''
          Application/JSON; charset=UTF-8  | ''
          text/csv;charset="utf-8"         | ''
          application/json;                | ''
          none                             | This predictor only supports the following content types
          text/plain                       | This predictor only supports the following content types: Types: ['text/csv', 'application/json']. Got 'text/plain'.
          application/json; charset=latin1 | The scoring server only supports UTF-8
          application/json; boundary=x     | Unrecognized content type parameters: boundary.
          """)
  void looksAtTheContentType(String type, String refusal) {
    var headers = new DefaultHttpHeaders();
    if (type != null) {
      headers.set(HttpHeaderNames.CONTENT_TYPE, type);
    }
    var response = dialect("").refusal(headers);
    if (refusal.isEmpty()) {
      assertThat(response).isEmpty();
    } else {
      assertThat(response.orElseThrow().status().code()).isEqualTo(415);
      assertThat(response.orElseThrow().content().toString(StandardCharsets.UTF_8))
          .startsWith("{\"error_code\":\"BAD_REQUEST\",\"message\":\"" + refusal);
    }
  }

  @Test
  void echoesCustomAttributesThatAHeadCanHold() {
    assertThat(echoed("a=1; b")).isEqualTo("a=1; b");
    assertThat(echoed("a".repeat(1_025))).isNull();
    assertThat(echoed("a\r\nb: c")).isNull();
  }

  private static String echoed(String attributes) {
    var headers = withoutChecks().newHeaders().set(CustomAttributes.HEADER, attributes);
    var response = ScoringError.response(404, "no");
    dialect("").echo(headers, response);
    return response.headers().get(CustomAttributes.HEADER);
  }

  private static DefaultHttpHeadersFactory withoutChecks() {
    return DefaultHttpHeadersFactory.headersFactory().withValidation(false);
  }

  private static String model(InvocationsDialect dialect, String uri, String header) {
    assertThat(dialect.takes(uri)).isTrue();
    HttpHeaders headers =
        header.isEmpty()
            ? EmptyHttpHeaders.INSTANCE
            : new DefaultHttpHeaders().set(ModelChoice.HEADER, header);
    return dialect.target(uri, headers).model();
  }

  private static InvocationsDialect dialect(String defaultModel, String... served) {
    return new InvocationsDialect(ModelChoice.of(List.of(served), defaultModel));
  }
}
