package dev.millrace.trainer.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.trainer.evaluation.Verdict.Outcome;
import org.junit.jupiter.api.Test;

class GateTest {
  private static final Gate.Champion CHAMPION = new Gate.Champion("3", 0.988);

  private final Gate gate = new Gate(0, 0.005);

  @Test
  void promotesTheFirstVersion() {
    assertThat(gate.judge(0.5, null, 1000))
        .isEqualTo(
            new Verdict(
                Outcome.CHAMPION,
                "Promoted: accuracy 0.5000 on 1000 held-out images, and there was no champion."));
  }

  @Test
  void promotesWhatIsBetterThanTheChampion() {
    assertThat(gate.judge(0.989, CHAMPION, 1000))
        .isEqualTo(
            new Verdict(
                Outcome.CHAMPION,
                "Promoted: accuracy 0.9890 on 1000 held-out images against 0.9880 of champion version 3."));
  }

  @Test
  void keepsTheChampionWhenTheNewVersionIsOnlyAsGood() {
    assertThat(gate.judge(0.988, CHAMPION, 1000))
        .isEqualTo(
            new Verdict(
                Outcome.CHALLENGER,
                "Rejected, but kept as challenger: accuracy 0.9880 on 1000 held-out images against 0.9880 of champion version 3; it has to be greater."));
  }

  @Test
  void givesNoAliasToWhatIsClearlyWorse() {
    assertThat(gate.judge(0.9, CHAMPION, 1000).outcome()).isEqualTo(Outcome.NEITHER);
    assertThat(gate.judge(0.9, CHAMPION, 1000).reason()).startsWith("Rejected: accuracy 0.9000");
  }

  @Test
  void asksForTheImprovementThatIsSet() {
    var strict = new Gate(0.002, 0);

    assertThat(strict.judge(0.9899, CHAMPION, 1000).outcome()).isEqualTo(Outcome.CHALLENGER);
    assertThat(strict.judge(0.9899, CHAMPION, 1000).reason())
        .endsWith("; it has to be greater by more than 0.0020.");
    assertThat(strict.judge(0.9901, CHAMPION, 1000).outcome()).isEqualTo(Outcome.CHAMPION);
    assertThat(new Gate(-1, 0).judge(0.1, CHAMPION, 1000).outcome()).isEqualTo(Outcome.CHAMPION);
  }

  @Test
  void promotesNothingThatIsNoNumber() {
    assertThat(gate.judge(Double.NaN, CHAMPION, 1000).outcome()).isEqualTo(Outcome.NEITHER);
  }

  @Test
  void refusesBoundsNoAccuracyCanMeet() {
    assertThatThrownBy(() -> new Gate(1, 0))
        .hasMessage("'gate.minimumImprovement' is 1.0; expected -1 to less than 1");
    assertThatThrownBy(() -> new Gate(0, -0.1))
        .hasMessage("'gate.challengerMargin' is -0.1; expected 0 to 1");
  }
}
