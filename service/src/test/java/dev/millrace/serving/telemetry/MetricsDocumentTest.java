package dev.millrace.serving.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Keeps docs/metrics.md equal to {@link ServingMeter}. When it fails, the new text stands in
 * service/target/metrics.md: copy it over the document.
 */
class MetricsDocumentTest {
  private static final String HEAD =
      """
      # Metrics of the service

      Generated from `ServingMeter`; do not edit. The service answers Prometheus at `/metrics` on the
      management port. Names are Triton's, so that its dashboards and scaling rules work unchanged. All sums
      only grow until the version is unloaded; `rate()` works on them though Prometheus lists them as gauges
      (a counter's name would have to end in `_total`). A version's series leave when it is unloaded.

      | name | unit | tags | meaning |
      | --- | --- | --- | --- |
      """;

  @Test
  void isWhatTheMetersSay() throws IOException {
    var expected = HEAD + rows();
    Files.createDirectories(Path.of("target"));
    Files.writeString(Path.of("target", "metrics.md"), expected);
    assertThat(Files.readString(Path.of("..", "docs", "metrics.md"))).isEqualTo(expected);
  }

  private static String rows() {
    return Stream.of(ServingMeter.values())
        .map(MetricsDocumentTest::row)
        .collect(Collectors.joining());
  }

  private static String row(ServingMeter meter) {
    return "| `%s` | %s | %s | %s |\n"
        .formatted(
            meter.meterName(), meter.unit(), String.join(", ", meter.tags()), meter.description());
  }
}
