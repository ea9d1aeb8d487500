package dev.millrace.serving.repository;

import static dev.millrace.serving.repository.WatchPace.Answer.FAILED;
import static dev.millrace.serving.repository.WatchPace.Answer.MOVED;
import static dev.millrace.serving.repository.WatchPace.Answer.UNKNOWN;
import static dev.millrace.serving.repository.WatchPace.Answer.UNMOVED;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class WatchPaceTest {
  private final WatchPace pace = new WatchPace();

  @Test
  void asksAgainAtOnceAfterAQuestionThatWaitedInVain() {
    assertThat(pace.after(UNMOVED, Duration.ofSeconds(30))).isZero();
  }

  @Test
  void leavesAStoreAloneThatDoesNotWait() {
    assertThat(pace.after(UNMOVED, Duration.ofMillis(3))).isEqualTo(Duration.ofSeconds(1));
  }

  @Test
  void goesOnSoonAfterAMove() {
    assertThat(pace.after(MOVED, Duration.ZERO)).isLessThan(Duration.ofMillis(50));
  }

  @Test
  void asksAStoreThatFailsLessAndLessOften() {
    var pauses =
        IntStream.range(0, 7).mapToObj(_ -> pace.after(FAILED, Duration.ZERO).toSeconds()).toList();
    assertThat(pauses).containsExactly(1L, 2L, 4L, 8L, 16L, 30L, 30L);
    pace.after(MOVED, Duration.ZERO);
    assertThat(pace.after(FAILED, Duration.ZERO)).isEqualTo(Duration.ofSeconds(1));
  }

  @Test
  void asksAStoreThatDoesNotKnowTheQuestionRarely() {
    assertThat(pace.after(UNKNOWN, Duration.ZERO)).isEqualTo(Duration.ofMinutes(10));
  }
}
