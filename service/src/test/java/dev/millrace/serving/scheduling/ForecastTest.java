package dev.millrace.serving.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ForecastTest {
  private final ComputeTimes times = new ComputeTimes();
  private final TurnWaits turns = new TurnWaits();
  private final Forecast forecast = new Forecast(times, turns, 1);

  @Test
  void expectsAnIdleModelThatIsAloneOnItsDeviceToAnswerAfterItsRun() {
    times.ran(1, 100);
    turns.waited(0);
    assertThat(forecast.nanos(0, 1, 1, 0, 0)).isEqualTo(100);
  }

  @Test
  void addsTheTurnsThatOtherModelsHaveBeforeEachBatch() {
    times.ran(1, 100);
    for (int i = 0; i < 200; i++) {
      turns.waited(1_000);
    }
    long lone = forecast.nanos(0, 1, 1, 0, 0);
    assertThat(lone).isBetween(1_050L, 1_150L);
    assertThat(forecast.nanos(2, 1, 1, 0, 0)).isBetween(3 * lone - 200, 3 * lone + 200);
  }

  @Test
  void forgetsTheTurnsOfModelsThatWent() {
    times.ran(1, 100);
    for (int i = 0; i < 50; i++) {
      turns.waited(1_000);
    }
    for (int i = 0; i < 200; i++) {
      turns.waited(0);
    }
    assertThat(forecast.nanos(0, 1, 1, 0, 0)).isBetween(100L, 150L);
  }

  @Test
  void forgetsThemAlsoWhereTheyRefuseEverything() {
    turns.waited(1_000_000);
    for (int i = 0; i < 400; i++) {
      turns.refused();
    }
    assertThat(turns.highNanos()).isLessThan(100);
  }
}
