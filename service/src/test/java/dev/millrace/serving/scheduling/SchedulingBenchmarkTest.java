package dev.millrace.serving.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The benchmark measures what it says. */
class SchedulingBenchmarkTest {
  private final SchedulingBenchmark benchmark = new SchedulingBenchmark();

  @AfterEach
  void close() {
    benchmark.close();
  }

  @Test
  void answersAllRequests() throws InterruptedException {
    assertThat(benchmark.submitAndAnswer()).isZero();
  }

  @Test
  void assemblesOverAndOver() {
    benchmark.assemble();
    benchmark.assemble();
    assertThat(benchmark.cut())
        .singleElement()
        .extracting(t -> t.shape().dimension(0))
        .isEqualTo(1L);
  }
}
