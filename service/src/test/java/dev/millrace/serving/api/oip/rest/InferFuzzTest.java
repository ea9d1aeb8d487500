package dev.millrace.serving.api.oip.rest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.millrace.serving.api.edge.Inflation;
import dev.millrace.serving.api.edge.RequestLimits;
import dev.millrace.serving.api.sharedmemory.SharedRegions;
import dev.millrace.serving.fuzz.EchoEngine;
import dev.millrace.serving.fuzz.FuzzedRoute;
import dev.millrace.serving.fuzz.Fuzzer;
import dev.millrace.serving.fuzz.HttpInput;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.provider.MethodSource;

/** Infer requests that are JSON, binary tensors or events, and what is nearly so. */
@Timeout(60)
class InferFuzzTest {
  private static final List<String> WORDS =
      List.of(
          "{",
          "}",
          "[",
          "]",
          "\"",
          ",",
          ":",
          "null",
          "true",
          "1e999",
          "-0",
          "18446744073709551616",
          "NaN",
          "\\u0000",
          "\\ud800",
          "\"data\":",
          "\"inputs\":",
          "\"shape\":[",
          "\"outputs\":[",
          "\"binary_data_size\":",
          "\"BYTES\"",
          "\"FP16\"",
          "9223372036854775807",
          "-1",
          "\"data_base64\":\"",
          "ce-id: 1\n",
          "ce-specversion: 1.0\n",
          "\"specversion\":\"1.0\",",
          "Content-Type: application/cloudevents+json\n",
          "Inference-Header-Content-Length: 0\n",
          "\n\n",
          "\"name\":\"x\"",
          "\\",
          "\u00FF\u00FE",
          "[[[[[[[[[[[[[[[[",
          "{\"a\":{\"a\":");

  private final EchoEngine engine = EchoEngine.ofAnyInputs();
  private final FuzzedRoute route =
      new FuzzedRoute(
          new InferRoute(
              engine,
              new RequestLimits(1 << 16, Duration.ofSeconds(1), Duration.ofSeconds(1)),
              new Inflation(1 << 16),
              SharedRegions.off(),
              () -> 1_000),
          "/v2/models/m/infer");

  @Test
  void answersOrRefusesEveryRequestOnceAndKeepsNoMemory() throws IOException {
    var corpus = Fuzzer.corpus("http", HttpInput::unescaped);
    corpus.forEach(
        input -> assertThat(route.status(input)).as(new String(input, UTF_8)).isEqualTo(200));
    int count = new Fuzzer(corpus, WORDS).run(Duration.ofSeconds(3), route::status);
    assertThat(count).isGreaterThan(1_000);
    assertThat(engine.answered()).isGreaterThan(100);
  }

  static List<Named<byte[]>> seeds() throws IOException {
    return Fuzzer.seeds("http", HttpInput::unescaped);
  }

  @MethodSource("seeds")
  @FuzzTest
  void answersOrRefuses(byte[] input) {
    route.status(input);
  }
}
