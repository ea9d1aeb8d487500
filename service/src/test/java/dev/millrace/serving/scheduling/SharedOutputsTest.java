package dev.millrace.serving.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.runtime.RunOutputs;
import dev.millrace.serving.tensor.Tensor;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SharedOutputsTest {
  private static final int ROUNDS = 2_000;
  private static final int THREADS = 4;

  @Test
  void areGivenBackOnceWithTheLastAnswerHoweverTheCallersRace() throws Exception {
    try (var threads = Executors.newFixedThreadPool(THREADS)) {
      var barrier = new CyclicBarrier(THREADS);
      for (int round = 0; round < ROUNDS; round++) {
        var outputs = new CountedOutputs();
        var shared = new SharedOutputs(outputs, 3);
        var results = IntStream.range(0, 3).mapToObj(_ -> result(shared)).toList();
        var closers =
            IntStream.range(0, THREADS)
                .<Future<?>>mapToObj(i -> threads.submit(() -> closeAll(results, i, barrier)))
                .toList();
        for (var closer : closers) {
          closer.get(10, TimeUnit.SECONDS);
        }
        assertThat(outputs.closes).hasValue(1);
      }
    }
  }

  @Test
  void areHeldWhileOneAnswerIsOpen() {
    var outputs = new CountedOutputs();
    var shared = new SharedOutputs(outputs, 2);
    var first = result(shared);
    var second = result(shared);
    first.close();
    first.close();
    assertThat(outputs.closes).hasValue(0);
    second.close();
    assertThat(outputs.closes).hasValue(1);
  }

  private static PartResult result(SharedOutputs shared) {
    return new PartResult(List.of(), new BatchTimings(0, 0, 0, 1), shared);
  }

  /** Each thread closes every result, beginning with another one. */
  private static Void closeAll(List<PartResult> results, int from, CyclicBarrier barrier)
      throws Exception {
    barrier.await(10, TimeUnit.SECONDS);
    for (int i = 0; i < results.size(); i++) {
      results.get((from + i) % results.size()).close();
    }
    return null;
  }

  private static final class CountedOutputs implements RunOutputs {
    private final AtomicInteger closes = new AtomicInteger();

    @Override
    public List<Tensor> tensors() {
      return List.of();
    }

    @Override
    public void close() {
      closes.incrementAndGet();
    }
  }
}
