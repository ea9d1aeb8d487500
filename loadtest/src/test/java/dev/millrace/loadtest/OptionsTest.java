package dev.millrace.loadtest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.loadtest.fixture.FixtureModel;
import dev.millrace.loadtest.traffic.Protocol;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class OptionsTest {
  @Test
  void benchMeasuresEverythingUnlessToldOtherwise() {
    var plan = BenchCommand.plan(List.of());
    assertThat(plan.models()).containsExactly(FixtureModel.TINY, FixtureModel.LENET5);
    assertThat(plan.protocols()).containsExactly(Protocol.values());
    assertThat(plan.callers()).containsExactly(1, 8, 64);
    assertThat(plan.cell()).isEqualTo(Duration.ofSeconds(3));
    assertThat(plan.out()).isNull();
  }

  @Test
  void quickBenchIsShortButTakesOtherOptions() {
    var plan = BenchCommand.plan(List.of("--quick", "--callers", "2", "--out", "table.md"));
    assertThat(plan.models()).containsExactly(FixtureModel.TINY);
    assertThat(plan.cell()).isEqualTo(Duration.ofSeconds(1));
    assertThat(plan.callers()).containsExactly(2);
    assertThat(plan.out()).isEqualTo(Path.of("table.md"));
  }

  @Test
  void anUnknownOptionIsRefused() {
    assertThatThrownBy(() -> BenchCommand.plan(List.of("--fast")))
        .hasMessage("Option '--fast' is not known. See -h.");
  }

  @Test
  void anOptionWithoutItsValueIsRefused() {
    assertThatThrownBy(() -> BenchCommand.plan(List.of("--out")))
        .hasMessage("Option '--out' wants a value. See -h.");
  }

  @Test
  void aNumberThatIsNoneIsRefused() {
    var options = Options.parse(List.of("--n", "many"), Set.of("--n"), Set.of());
    assertThatThrownBy(() -> options.number("--n", 1))
        .hasMessage("--n is 'many', but has to be a whole number.");
  }

  @Test
  void aMissingOptionIsNamed() {
    var options = Options.parse(List.of(), Set.of("--url"), Set.of());
    assertThatThrownBy(() -> options.required("--url")).hasMessage("--url is missing. See -h.");
  }
}
