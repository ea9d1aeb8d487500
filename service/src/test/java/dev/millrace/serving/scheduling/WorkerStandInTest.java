package dev.millrace.serving.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Who stands in for a sleeping worker looks a last time before it leaves. */
class WorkerStandInTest {
  /** What happens after the run in its place found nothing more to do. */
  private Runnable late = () -> {};

  private final Sleeper sleeper =
      new Sleeper() {
        @Override
        void leaveAsleep() {
          late.run();
          super.leaveAsleep();
        }
      };

  private final OneWorker one = new OneWorker(EchoModel.ofValues(), sleeper);

  @Test
  void leavesTheWorkerAsleepWhereNothingIsLeft() throws Exception {
    assertThat(runInPlace().answer()).containsExactly(1);
    assertThat(sleeper.isAsleep()).isTrue();
  }

  @ParameterizedTest
  @MethodSource("lateComers")
  void wakesTheWorkerForWhatComesAtTheLastMoment(Consumer<OneWorker> comer) throws Exception {
    late = () -> comer.accept(one);
    assertThat(runInPlace().answer()).containsExactly(1);
    assertThat(sleeper.isAsleep()).isFalse();
  }

  static Stream<Named<Consumer<OneWorker>>> lateComers() {
    return Stream.of(
        Named.of("a request", one -> one.submit(Caller.direct())),
        Named.of("the end of the model", OneWorker::close),
        Named.of("the end of the worker", one -> one.worker().abandon()));
  }

  private Caller runInPlace() {
    sleeper.announce();
    var caller = Caller.direct();
    one.submit(caller);
    return caller;
  }
}
