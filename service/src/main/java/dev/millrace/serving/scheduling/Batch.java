package dev.millrace.serving.scheduling;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one worker took from the queue; reused. It grows only as long as those in it who can meet
 * their deadlines still do: the more rows, the longer the run. Owned by the worker.
 */
final class Batch implements QueueView {
  /** How much later than wanted a thread may wake; who waits for company must not be late by it. */
  static final long WAKE_UP_NANOS = 500_000;

  private static final long NEVER = Long.MAX_VALUE;

  private final ComputeTimes times;
  private final List<Part> parts = new ArrayList<>();
  private final List<Part> unwanted = new ArrayList<>();
  private final long wakeUpNanos;
  private int rows;
  private int mostRows = Integer.MAX_VALUE;

  /** The first deadline of those that can be met. */
  private long endsByNanos = NEVER;

  /** Whether somebody was kept out, because the run would take too long for a deadline. */
  private boolean closed;

  /** Absent where nothing is padded. */
  private final @Nullable PaddedCompany company;

  Batch(ComputeTimes times) {
    this(times, null);
  }

  Batch(ComputeTimes times, @Nullable Padding padding) {
    this(times, padding, 0);
  }

  /**
   * Empty.
   *
   * @param wakeUpNanos how long before its latest start a part is to run
   */
  Batch(ComputeTimes times, @Nullable Padding padding, long wakeUpNanos) {
    this.times = times;
    this.wakeUpNanos = wakeUpNanos;
    company = padding == null ? null : new PaddedCompany(padding);
  }

  /** What runs together. */
  List<Part> parts() {
    return parts;
  }

  /** What left the queue without a run: cancelled, or too late. */
  List<Part> unwanted() {
    return unwanted;
  }

  int rows() {
    return rows;
  }

  void clear() {
    parts.clear();
    unwanted.clear();
    rows = 0;
    mostRows = Integer.MAX_VALUE;
    endsByNanos = NEVER;
    closed = false;
    if (company != null) {
      company.clear();
    }
  }

  /** Begins a batch that may not have more rows. */
  void clear(int most) {
    clear();
    mostRows = most;
  }

  @Override
  public int mostRows() {
    return mostRows;
  }

  /**
   * Adds the part if it can run together with those that are there, and closes the batch if that
   * would take longer than a deadline allows, its own or that of another.
   */
  void addIfFitting(Part part, long nowNanos) {
    if (company == null && !parts.isEmpty() && !part.fits(parts.getFirst())) {
      return;
    }
    long endsBy = Math.min(endsByNanos, reachableDeadlineNanos(part, nowNanos));
    closed = endsBy != NEVER && !parts.isEmpty() && isTooLong(part, endsBy - nowNanos);
    if (!closed && (company == null || company.takes(part))) {
      endsByNanos = endsBy;
      add(part);
    }
  }

  private boolean isTooLong(Part part, long leftNanos) {
    return times.expectedNanos(rows + part.rows) > leftNanos;
  }

  /** Who would be late also when it ran alone holds nobody up. */
  private long reachableDeadlineNanos(Part part, long nowNanos) {
    long deadline = deadlineNanos(part);
    return deadline != NEVER && deadline - nowNanos < times.expectedNanos(part.rows)
        ? NEVER
        : deadline;
  }

  private static long deadlineNanos(Part part) {
    return part.delayed ? NEVER : part.deadlineNanos;
  }

  void add(Part part) {
    parts.add(part);
    rows += part.rows;
  }

  void addUnwanted(Part part) {
    unwanted.add(part);
  }

  /** Forgets all but the first so many parts. */
  void keep(int count) {
    while (parts.size() > count) {
      rows -= parts.removeLast().rows;
    }
  }

  @Override
  public int count() {
    return parts.size();
  }

  @Override
  public int rows(int index) {
    return parts.get(index).rows;
  }

  @Override
  public long submittedNanos(int index) {
    return parts.get(index).submittedNanos;
  }

  @Override
  public long latestStartNanos(int index) {
    long deadline = deadlineNanos(parts.get(index));
    return deadline == NEVER ? deadline : deadline - times.expectedNanos(rows) - wakeUpNanos;
  }

  @Override
  public boolean isClosed() {
    return closed;
  }
}
