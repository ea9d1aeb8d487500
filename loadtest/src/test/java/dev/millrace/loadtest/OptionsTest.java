package dev.millrace.loadtest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.loadtest.bench.Part;
import dev.millrace.loadtest.fixture.FixtureModel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class OptionsTest {
  @Test
  void benchMeasuresEverythingUnlessToldOtherwise() {
    var plan = BenchCommand.plan(List.of());
    assertThat(plan.models()).containsExactly(FixtureModel.values());
    assertThat(plan.parts()).containsExactly(Part.values());
    assertThat(plan.rounds()).isEqualTo(3);
    assertThat(plan.warmUp()).isEqualTo(Duration.ofSeconds(15));
    assertThat(plan.cell()).isEqualTo(Duration.ofSeconds(3));
    assertThat(plan.out()).isNull();
  }

  @Test
  void quickBenchIsShortButTakesOtherOptions() {
    var plan = BenchCommand.plan(List.of("--quick", "--parts", "start,speed", "--out", "table.md"));
    assertThat(plan.models()).containsExactly(FixtureModel.MLP);
    assertThat(plan.cell()).isEqualTo(Duration.ofSeconds(1));
    assertThat(plan.parts()).containsExactly(Part.SPEED, Part.START);
    assertThat(plan.out()).isEqualTo(Path.of("table.md"));
  }

  @Test
  void aPartThatDoesNotExistIsRefusedWithTheNamesThereAre() {
    assertThatThrownBy(() -> BenchCommand.plan(List.of("--parts", "lunch")))
        .hasMessage("Part 'lunch' does not exist. Use some of %s.", Part.all());
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
