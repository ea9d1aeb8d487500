package dev.millrace.serving.api.oip.rest;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The benchmark measures what it says. */
class CodecBenchmarkTest {
  private final CodecBenchmark benchmark = new CodecBenchmark();

  @Test
  void readsAllNumbersOfEachForm() {
    assertThat(benchmark.readJsonOfShortNumbers()).isEqualTo(784 * 4);
    assertThat(benchmark.readJsonOfLongNumbers()).isEqualTo(784 * 4);
    assertThat(benchmark.readBinary()).isEqualTo(784 * 4);
  }

  @Test
  void writesTenNumbersInEachForm() {
    assertThat(benchmark.writeJson()).isBetween(150, 400);
    assertThat(benchmark.writeBinary()).isBetween(150, 400);
  }
}
