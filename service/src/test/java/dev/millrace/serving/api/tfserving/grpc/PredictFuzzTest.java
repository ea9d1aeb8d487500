package dev.millrace.serving.api.tfserving.grpc;

import static dev.millrace.serving.fake.FakeEngine.candidate;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.google.protobuf.TextFormat;
import dev.millrace.protocol.tfs.PredictRequest;
import dev.millrace.serving.api.edge.LiveLabels;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.fake.FakeEngine;
import dev.millrace.serving.fuzz.Fuzzer;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.netty.buffer.PooledByteBufAllocator;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.provider.MethodSource;

/** Predict messages and what is nearly so. */
@Timeout(60)
class PredictFuzzTest {
  private static final List<String> WORDS =
      List.of(
          "\000",
          "\377\377\377\377\017",
          "\377\377\377\377\377\377\377\377\377\001",
          "\010\007",
          "\010\001",
          "\022\000",
          "\"\002\001x",
          "B\000",
          ":\002\001\002",
          "\013",
          "\014",
          "\022\002\030\001",
          "pairs");

  private final FakeEngine engine = new FakeEngine();
  private PredictCodec codec;
  private int decoded;

  @BeforeEach
  void serve() {
    engine.rollout().serve(candidate("pairs", "1", "2"));
    codec =
        new PredictCodec(engine.inference(), engine.catalog(), new LiveLabels(Set.of()), 1 << 16);
  }

  @AfterEach
  void stop() {
    engine.close();
  }

  @Test
  void readsOrRefusesEveryMessageAndKeepsNoMemory() throws IOException {
    var corpus = Fuzzer.corpus("predict", PredictFuzzTest::parsed);
    long before = PooledByteBufAllocator.DEFAULT.pinnedDirectMemory();
    int count = new Fuzzer(corpus, WORDS).run(Duration.ofSeconds(3), this::take);
    assertThat(count).isGreaterThan(1_000);
    assertThat(decoded).isGreaterThan(100);
    assertThat(PooledByteBufAllocator.DEFAULT.pinnedDirectMemory()).isEqualTo(before);
  }

  static List<Named<byte[]>> seeds() throws IOException {
    return Fuzzer.seeds("predict", PredictFuzzTest::parsed);
  }

  @MethodSource("seeds")
  @FuzzTest
  void readsOrRefuses(byte[] message) {
    long before = PooledByteBufAllocator.DEFAULT.pinnedDirectMemory();
    take(message);
    assertThat(PooledByteBufAllocator.DEFAULT.pinnedDirectMemory()).isEqualTo(before);
  }

  private void take(byte[] message) {
    try {
      var request = codec.decode(new ByteArrayInputStream(message));
      decoded++;
      assertThat(request.memory().release()).as("the only reference").isTrue();
    } catch (InferenceException refusal) {
      assertThat(refusal.failure()).isNotInstanceOf(InferenceFailure.Broken.class);
    } catch (StatusException | StatusRuntimeException _) {
      // A signature that does not exist; or no such message, or too large.
    }
  }

  private static byte[] parsed(byte[] file) throws IOException {
    var message = PredictRequest.newBuilder();
    TextFormat.merge(new String(file, UTF_8), message);
    return message.build().toByteArray();
  }
}
