package dev.millrace.serving.telemetry;

import dev.millrace.serving.telemetry.InferenceStatistics.Batches;
import dev.millrace.serving.telemetry.InferenceStatistics.Total;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The runs of one version by their rows. A size has its own sums up to {@value #EXACT_ROWS} rows;
 * larger ones, which a client could choose one by one, share those of the next power of two. Any
 * thread may record; the first run of a size allocates.
 */
final class RunMeters {
  private static final int EXACT_ROWS = 1_024;

  private final AtomicReferenceArray<@Nullable Sums> sizes =
      new AtomicReferenceArray<>(EXACT_ROWS + Integer.SIZE);

  void ran(int rows, long inputNanos, long inferNanos, long outputNanos) {
    var sums = of(index(Math.max(rows, 0)));
    sums.runs.increment();
    sums.inputNanos.add(inputNanos);
    sums.inferNanos.add(inferNanos);
    sums.outputNanos.add(outputNanos);
  }

  private Sums of(int index) {
    var known = sizes.get(index);
    if (known != null) {
      return known;
    }
    var made = new Sums();
    var other = sizes.compareAndExchange(index, null, made);
    return other == null ? made : other;
  }

  List<Batches> all() {
    var all = new ArrayList<Batches>();
    for (int i = 0; i < sizes.length(); i++) {
      var sums = sizes.get(i);
      if (sums != null) {
        all.add(sums.of(rows(i)));
      }
    }
    return all;
  }

  private static int index(int rows) {
    return rows <= EXACT_ROWS
        ? rows
        : EXACT_ROWS + Integer.SIZE - Integer.numberOfLeadingZeros(rows - 1) - 10;
  }

  private static long rows(int index) {
    return index <= EXACT_ROWS ? index : 1L << (index - EXACT_ROWS + 10);
  }

  private static final class Sums {
    private final LongAdder runs = new LongAdder();
    private final LongAdder inputNanos = new LongAdder();
    private final LongAdder inferNanos = new LongAdder();
    private final LongAdder outputNanos = new LongAdder();

    Batches of(long rows) {
      long count = runs.sum();
      return new Batches(
          rows,
          new Total(count, inputNanos.sum()),
          new Total(count, inferNanos.sum()),
          new Total(count, outputNanos.sum()));
    }
  }
}
