package dev.millrace.serving.api.oip.grpc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.google.protobuf.TextFormat;
import dev.millrace.protocol.oip.ModelInferRequest;
import dev.millrace.serving.api.sharedmemory.SharedRegions;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.fuzz.Fuzzer;
import dev.millrace.serving.inference.InferenceService;
import dev.millrace.serving.lifecycle.ModelCatalog;
import dev.millrace.serving.telemetry.UnservedRequests;
import io.grpc.StatusRuntimeException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.PooledByteBufAllocator;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.provider.MethodSource;

/** ModelInfer messages and what is nearly so. */
@Timeout(60)
class ModelInferFuzzTest {
  private static final List<String> WORDS =
      List.of(
          "\000",
          "\377\377\377\377\017",
          "\377\377\377\377\377\377\377\377\377\001",
          "\200\200\001",
          "*\000",
          ":\000",
          "\n\001x",
          "\022\004FP32",
          "\022\005BYTES",
          "\032\002\001\001",
          "2\000",
          "\013",
          "\014",
          "FP16");

  private final InferMethod method =
      new InferMethod(
          new InferenceService(new ModelCatalog(), new UnservedRequests(new SimpleMeterRegistry())),
          SharedRegions.off(),
          Servers.settings(1 << 16));

  private int decoded;

  @Test
  void readsOrRefusesEveryMessageAndKeepsNoMemory() throws IOException {
    var corpus = Fuzzer.corpus("modelinfer", ModelInferFuzzTest::parsed);
    long before = PooledByteBufAllocator.DEFAULT.pinnedDirectMemory();
    int count = new Fuzzer(corpus, WORDS).run(Duration.ofSeconds(3), this::take);
    assertThat(count).isGreaterThan(1_000);
    assertThat(decoded).isGreaterThan(100);
    assertThat(PooledByteBufAllocator.DEFAULT.pinnedDirectMemory()).isEqualTo(before);
  }

  static List<Named<byte[]>> seeds() throws IOException {
    return Fuzzer.seeds("modelinfer", ModelInferFuzzTest::parsed);
  }

  @MethodSource("seeds")
  @FuzzTest
  void readsOrRefuses(byte[] message) throws IOException {
    long before = PooledByteBufAllocator.DEFAULT.pinnedDirectMemory();
    take(message);
    assertThat(PooledByteBufAllocator.DEFAULT.pinnedDirectMemory()).isEqualTo(before);
  }

  private void take(byte[] message) throws IOException {
    for (int pieceBytes : new int[] {7, 10_000}) {
      try {
        var request = method.decode(WireMessages.arrived(message, pieceBytes));
        decoded++;
        assertThat(request.memory().release()).as("the only reference").isTrue();
      } catch (InferenceException refusal) {
        assertThat(refusal.failure()).isNotInstanceOf(InferenceFailure.Broken.class);
      } catch (StatusRuntimeException _) {
        // No such message, or too large.
      }
    }
  }

  private static byte[] parsed(byte[] file) throws IOException {
    var message = ModelInferRequest.newBuilder();
    TextFormat.merge(new String(file, UTF_8), message);
    return message.build().toByteArray();
  }
}
