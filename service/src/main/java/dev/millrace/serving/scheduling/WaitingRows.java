package dev.millrace.serving.scheduling;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.jspecify.annotations.Nullable;

/** Counts the rows that wait, in all and where needed by level, and limits them. Thread-safe. */
final class WaitingRows {
  private final QueueSettings settings;
  private final AtomicInteger all = new AtomicInteger();

  /** By level; absent where nobody asks, since each count costs an atomic addition. */
  private final @Nullable AtomicIntegerArray byLevel;

  WaitingRows(QueueSettings settings, boolean countsLevels) {
    this.settings = settings;
    byLevel = countsLevels ? new AtomicIntegerArray(settings.levels() + 1) : null;
  }

  int all() {
    return all.get();
  }

  /**
   * Rows that run before a request of this level; of the lowest only where levels are not counted.
   */
  int ahead(int level) {
    if (byLevel == null) {
      return level == settings.levels() ? all.get() : 0;
    }
    int rows = 0;
    for (int i = 1; i <= level; i++) {
      rows += byLevel.get(i);
    }
    return rows;
  }

  /** Reserves room; false when the rows do not fit. */
  boolean reserve(int rows, int level) {
    if (byLevel != null && !addToLevel(byLevel, rows, level)) {
      return false;
    }
    boolean fits = add(rows);
    if (!fits && byLevel != null) {
      byLevel.addAndGet(level, -rows);
    }
    return fits;
  }

  /** Never goes beyond the limit, not for a moment, or what fits would be refused meanwhile. */
  private boolean add(int rows) {
    int before = all.get();
    while (before + rows <= settings.maxRows()) {
      int seen = all.compareAndExchange(before, before + rows);
      if (seen == before) {
        return true;
      }
      before = seen;
    }
    return false;
  }

  private boolean addToLevel(AtomicIntegerArray counts, int rows, int level) {
    int most = settings.policy(level).maxQueueRows();
    int before = counts.get(level);
    while (most == 0 || before + rows <= most) {
      int seen = counts.compareAndExchange(level, before, before + rows);
      if (seen == before) {
        return true;
      }
      before = seen;
    }
    return false;
  }

  void release(int rows, int level) {
    all.addAndGet(-rows);
    if (byLevel != null) {
      byLevel.addAndGet(level, -rows);
    }
  }
}
