package dev.millrace.serving.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

class WakeupsTest {
  private final Sleeper first = new Sleeper();
  private final Sleeper second = new Sleeper();
  private final Wakeups wakeups = new Wakeups(List.of(first, second), List.of());
  private final List<Runnable> tasks = new ArrayList<>();
  private final Executor loop = tasks::add;

  @Test
  void wakesOnceForAllRequestsOfOneTurnOfTheLoop() {
    first.announce();
    wakeups.request(loop);
    wakeups.request(loop);
    assertThat(first.isAsleep()).isTrue();
    assertThat(tasks).hasSize(1);
    turn();
    assertThat(first.isAsleep()).isFalse();
  }

  @Test
  void wakesAgainInTheNextTurn() {
    first.announce();
    wakeups.request(loop);
    turn();
    first.announce();
    wakeups.request(loop);
    assertThat(tasks).hasSize(1);
  }

  @Test
  void doesNotMakeARequestOfOneLoopWaitForTheTurnOfAnother() {
    var others = new ArrayList<Runnable>();
    Executor otherLoop = others::add;
    first.announce();
    second.announce();
    wakeups.request(loop);
    wakeups.request(otherLoop);
    assertThat(first.isAsleep()).isFalse();
    assertThat(second.isAsleep()).isTrue();
    assertThat(others).isEmpty();
    turn();
    assertThat(second.isAsleep()).isFalse();
  }

  @Test
  void asksNobodyWhileAllAreAwake() {
    wakeups.request(loop);
    assertThat(tasks).isEmpty();
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
    var turn = List.copyOf(tasks);
    tasks.clear();
    turn.forEach(Runnable::run);
  }
}
