package dev.millrace.serving.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

class WakeupsTest {
  private final Sleeper first = new Sleeper();
  private final Sleeper second = new Sleeper();
  private final Wakeups wakeups = new Wakeups(List.of(first, second));
  private final List<Runnable> loop = new ArrayList<>();

  @Test
  void wakesOnceForAllRequestsOfOneTurnOfTheLoop() {
    first.announce();
    wakeups.request(loop::add);
    wakeups.request(loop::add);
    assertThat(first.isAsleep()).isTrue();
    assertThat(loop).hasSize(1);
    turn();
    assertThat(first.isAsleep()).isFalse();
  }

  @Test
  void wakesAgainInTheNextTurn() {
    first.announce();
    wakeups.request(loop::add);
    turn();
    first.announce();
    wakeups.request(loop::add);
    assertThat(loop).hasSize(1);
  }

  @Test
  void asksNobodyWhileAllAreAwake() {
    wakeups.request(loop::add);
    assertThat(loop).isEmpty();
  }

  @Test
  void wakesAtOnceWhereTheHomeRunsAtOnce() {
    second.announce();
    wakeups.request(Runnable::run);
    assertThat(second.isAsleep()).isFalse();
  }

  @Test
  void wakesAtOnceWhereTheLoopHasStopped() {
    first.announce();
    wakeups.request(
        _ -> {
          throw new RejectedExecutionException("stopped");
        });
    assertThat(first.isAsleep()).isFalse();
  }

  @Test
  void wakesOneWorkerForOneRequest() {
    first.announce();
    second.announce();
    wakeups.request(Runnable::run);
    assertThat(List.of(first.isAsleep(), second.isAsleep())).containsExactlyInAnyOrder(false, true);
  }

  private void turn() {
    var tasks = List.copyOf(loop);
    loop.clear();
    tasks.forEach(Runnable::run);
  }
}
