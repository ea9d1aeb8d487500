package dev.millrace.serving.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.failure.InferenceFailure;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SequencerTest {
  private static final int WORKERS = 3;
  private static final int REQUESTS = 100;

  private final Sequencer sequencer = new Sequencer();
  private final List<String> told = Collections.synchronizedList(new ArrayList<>());

  @Test
  void letsOutcomesLeaveInTheOrderOfTheirTickets() {
    var first = sequencer.inLine(new Telling("first"));
    var second = sequencer.inLine(new Telling("second"));
    var third = sequencer.inLine(new Telling("third"));
    third.failed(new InferenceFailure.Cancelled("3"));
    second.failed(new InferenceFailure.Cancelled("2"));
    assertThat(told).isEmpty();
    first.failed(new InferenceFailure.Cancelled("1"));
    assertThat(told).containsExactly("first", "second", "third");
  }

  @Test
  void keepsTheOrderOfAnyHistoryOverSeveralWorkers() throws Exception {
    try (var workers = Executors.newFixedThreadPool(WORKERS)) {
      for (int seed = 0; seed < 200; seed++) {
        told.clear();
        finish(shuffled(new SplittableRandom(seed)), workers);
        assertThat(told)
            .isEqualTo(IntStream.range(0, REQUESTS).mapToObj("%03d"::formatted).toList());
      }
    }
  }

  /** Requests in line by number, in the order in which they will be ready. */
  private List<Outcome> shuffled(SplittableRandom random) {
    var outcomes = new ArrayList<Outcome>();
    for (int i = 0; i < REQUESTS; i++) {
      outcomes.add(sequencer.inLine(new Telling("%03d".formatted(i))));
    }
    Collections.shuffle(outcomes, new Random(random.nextLong()));
    return outcomes;
  }

  /** Each worker takes the next that is ready; two may be in the sequencer at once. */
  private static void finish(List<Outcome> outcomes, ExecutorService workers) throws Exception {
    var next = new AtomicInteger();
    var running = new ArrayList<Future<?>>();
    for (int worker = 0; worker < WORKERS; worker++) {
      running.add(
          workers.submit(
              () -> {
                for (int i = next.getAndIncrement(); i < REQUESTS; i = next.getAndIncrement()) {
                  outcomes.get(i).failed(new InferenceFailure.Cancelled("any"));
                }
              }));
    }
    for (var worker : running) {
      worker.get(20, TimeUnit.SECONDS);
    }
  }

  private final class Telling implements Outcome {
    private final String name;

    Telling(String name) {
      this.name = name;
    }

    @Override
    public Executor home() {
      return Runnable::run;
    }

    @Override
    public void completed(BatchResult result) {
      result.close();
    }

    @Override
    public void failed(InferenceFailure failure) {
      told.add(name);
    }

    @Override
    public boolean cancelled() {
      return false;
    }
  }
}
