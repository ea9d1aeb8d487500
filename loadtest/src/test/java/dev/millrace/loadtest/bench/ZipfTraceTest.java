package dev.millrace.loadtest.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ZipfTraceTest {
  @Test
  void modelsComeInProportionToTheInverseOfTheirRank() {
    var trace = ZipfTrace.of(4, 100_000, 1);
    // 1 + 1/2 + 1/3 + 1/4 = 25/12
    assertThat(share(trace, 0)).isCloseTo(12 / 25.0, within(0.01));
    assertThat(share(trace, 1)).isCloseTo(6 / 25.0, within(0.01));
    assertThat(share(trace, 2)).isCloseTo(4 / 25.0, within(0.01));
    assertThat(share(trace, 3)).isCloseTo(3 / 25.0, within(0.01));
  }

  @Test
  void aSeedMakesOneTrace() {
    assertThat(ZipfTrace.of(100, 50, 7)).isEqualTo(ZipfTrace.of(100, 50, 7));
    assertThat(ZipfTrace.of(100, 50, 7)).isNotEqualTo(ZipfTrace.of(100, 50, 8));
  }

  private static double share(int[] trace, int model) {
    return Arrays.stream(trace).filter(found -> found == model).count() / (double) trace.length;
  }
}
