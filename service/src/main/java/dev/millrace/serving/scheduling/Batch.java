package dev.millrace.serving.scheduling;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What one worker took from the queue; reused. Owned by the worker. */
final class Batch implements QueueView {
  private final ComputeTimes times;
  private final List<Part> parts = new ArrayList<>();
  private final List<Part> unwanted = new ArrayList<>();
  private int rows;
  private int mostRows = Integer.MAX_VALUE;

  /** Absent where nothing is padded. */
  private final @Nullable PaddedCompany company;

  Batch(ComputeTimes times) {
    this(times, null);
  }

  Batch(ComputeTimes times, @Nullable Padding padding) {
    this.times = times;
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

  /** Adds the part if it can run together with those that are there. */
  void addIfFitting(Part part) {
    boolean fits =
        company == null ? parts.isEmpty() || part.fits(parts.getFirst()) : company.takes(part);
    if (fits) {
      add(part);
    }
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
    var part = parts.get(index);
    long deadline = part.delayed ? Long.MAX_VALUE : part.deadlineNanos;
    return deadline == Long.MAX_VALUE ? deadline : deadline - times.expectedNanos(rows);
  }
}
