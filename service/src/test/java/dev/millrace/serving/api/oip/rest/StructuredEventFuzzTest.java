package dev.millrace.serving.api.oip.rest;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.fuzz.Fuzzer;
import dev.millrace.serving.fuzz.HttpInput;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.provider.MethodSource;

/** Events that are JSON. */
@Timeout(60)
class StructuredEventFuzzTest {
  private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);

  /** The bodies of requests that are one. */
  static List<Named<byte[]>> seeds() throws IOException {
    return Fuzzer.seeds("http", file -> HttpInput.of(HttpInput.unescaped(file)).body()).stream()
        .filter(seed -> new String(seed.getPayload(), ISO_8859_1).contains("specversion"))
        .toList();
  }

  @MethodSource("seeds")
  @FuzzTest
  void takesTheRequestOutOrRefuses(byte[] input) {
    var body = allocator.directBuffer(Math.max(1, input.length)).writeBytes(input);
    try {
      StructuredEvent.read(body, allocator).data().release();
    } catch (InferenceException refusal) {
      assertThat(refusal.failure()).isNotInstanceOf(InferenceFailure.Broken.class);
    } finally {
      body.release();
    }
    assertThat(allocator.metric().usedDirectMemory()).as("memory that is kept").isZero();
  }
}
