package dev.millrace.serving.api.tfs;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.millrace.serving.api.edge.Inflation;
import dev.millrace.serving.api.edge.LiveLabels;
import dev.millrace.serving.api.edge.RequestLimits;
import dev.millrace.serving.api.json.DialectRoute;
import dev.millrace.serving.fuzz.EchoEngine;
import dev.millrace.serving.fuzz.FuzzedRoute;
import dev.millrace.serving.fuzz.Fuzzer;
import dev.millrace.serving.fuzz.HttpInput;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.provider.MethodSource;

/** Predict, classify and regress as JSON. */
@Timeout(60)
class TfsFuzzTest {
  private final FuzzedRoute route =
      new FuzzedRoute(
          new DialectRoute(
              new TfsDialect(new VersionNames(new LiveLabels(Set.of("live")))),
              EchoEngine.ofManyTypes(),
              new RequestLimits(1 << 16, Duration.ofSeconds(1), Duration.ofSeconds(1)),
              new Inflation(1 << 16),
              () -> 1_000),
          "/v1/models/pairs:predict");

  static List<Named<byte[]>> seeds() throws IOException {
    return Fuzzer.seeds("tfs", HttpInput::unescaped);
  }

  @MethodSource("seeds")
  @FuzzTest
  void answersOrRefuses(byte[] input) {
    route.status(input);
  }
}
