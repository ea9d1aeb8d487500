package dev.millrace.serving.api.oip.rest;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.api.edge.FastExchange;
import dev.millrace.serving.api.edge.FastRequest;
import dev.millrace.serving.api.edge.InferEngine;
import dev.millrace.serving.api.edge.Inflation;
import dev.millrace.serving.api.edge.RequestLimits;
import dev.millrace.serving.api.sharedmemory.SharedRegions;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.fuzz.Fuzzer;
import dev.millrace.serving.inference.InferenceReply;
import dev.millrace.serving.inference.InferenceRequest;
import dev.millrace.serving.lifecycle.ModelDescription;
import dev.millrace.serving.telemetry.FailureReason;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.tensor.TensorSpec;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

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

  private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);
  private final Echo engine = new Echo();
  private final InferRoute route =
      new InferRoute(
          engine,
          new RequestLimits(1 << 16, Duration.ofSeconds(1), Duration.ofSeconds(1)),
          new Inflation(1 << 16),
          SharedRegions.off(),
          () -> 1_000);

  @Test
  void answersOrRefusesEveryRequestOnceAndKeepsNoMemory() throws IOException {
    var corpus = Fuzzer.corpus("http", InferFuzzTest::unescaped);
    corpus.forEach(input -> assertThat(status(input)).as(new String(input, UTF_8)).isEqualTo(200));
    int count = new Fuzzer(corpus, WORDS).run(Duration.ofSeconds(3), this::status);
    assertThat(count).isGreaterThan(1_000);
    assertThat(engine.answered).isGreaterThan(100);
  }

  /** Handles a head of headers, an empty line and a body; what a client must never see fails. */
  private int status(byte[] input) {
    int head = endOfHead(input);
    var body =
        allocator
            .directBuffer(Math.max(1, input.length))
            .writeBytes(input, head, input.length - head);
    var exchange = new Exchange();
    try {
      route.handle(new FastRequest("/v2/models/m/infer", headers(input, head), body), exchange);
    } finally {
      body.release();
    }
    assertThat(allocator.metric().usedDirectMemory()).as("memory that is kept").isZero();
    assertThat(exchange.replies).isOne();
    assertThat(exchange.status).isNotEqualTo(500).isBetween(200, 504);
    return exchange.status;
  }

  private static int endOfHead(byte[] input) {
    for (int i = 0; i + 1 < input.length; i++) {
      if (input[i] == '\n' && input[i + 1] == '\n') {
        return i + 2;
      }
    }
    return 0;
  }

  private static HttpHeaders headers(byte[] input, int end) {
    var headers = DefaultHttpHeadersFactory.headersFactory().withValidation(false).newHeaders();
    new String(input, 0, end, ISO_8859_1).lines().forEach(line -> add(headers, line));
    // Inflated on other threads; its own test damages it.
    return headers.remove(HttpHeaderNames.CONTENT_ENCODING);
  }

  private static void add(HttpHeaders headers, String line) {
    int colon = line.indexOf(':');
    if (colon > 0) {
      headers.add(line.substring(0, colon), line.substring(colon + 1).strip());
    }
  }

  /** Bytes beyond text are written as in \\xFF. */
  private static byte[] unescaped(byte[] file) {
    var text = new String(file, UTF_8).stripTrailing();
    var bytes = new byte[text.length() * 4];
    int length = 0;
    for (int i = 0; i < text.length(); i++) {
      if (text.startsWith("\\x", i)) {
        bytes[length++] = (byte) Integer.parseInt(text.substring(i + 2, i + 4), 16);
        i += 3;
      } else {
        for (byte b : text.substring(i, i + 1).getBytes(UTF_8)) {
          bytes[length++] = b;
        }
      }
    }
    return Arrays.copyOf(bytes, length);
  }

  /** Answers at once with the inputs. */
  private static final class Echo implements InferEngine {
    private int answered;

    @Override
    public void infer(InferenceRequest request, InferenceReply reply) {
      if (request.inputs().isEmpty()) {
        reply.failed(new InferenceFailure.Invalid("no input"));
        return;
      }
      answered++;
      reply.answered(new FakeAnswer(request.inputs()));
    }

    @Override
    public ModelDescription describe(String model, @Nullable String version) {
      var spec = new TensorSpec("x", DataType.FP32, Shape.of(-1, 3));
      return new ModelDescription(
          "m",
          "1",
          List.of("1"),
          "onnx",
          new Signature(List.of(spec), List.of(spec)),
          8,
          List.of(),
          null);
    }

    @Override
    public void countRefused(String model, @Nullable String version, FailureReason reason) {}
  }

  private final class Exchange implements FastExchange {
    private int replies;
    private int status;

    @Override
    public EventLoop loop() {
      throw new IllegalStateException("Nothing is deferred here.");
    }

    @Override
    public ByteBufAllocator allocator() {
      return allocator;
    }

    @Override
    public boolean gone() {
      return false;
    }

    @Override
    public void hold(long bytes) {}

    @Override
    public void reply(FullHttpResponse response) {
      replies++;
      status = response.status().code();
      response.release();
    }
  }
}
