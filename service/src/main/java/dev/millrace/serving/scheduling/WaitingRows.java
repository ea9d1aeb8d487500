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
    if (all.addAndGet(rows) > settings.maxRows()) {
      all.addAndGet(-rows);
      return false;
    }
    if (byLevel == null) {
      return true;
    }
    int mine = byLevel.addAndGet(level, rows);
    int most = settings.policy(level).maxQueueRows();
    if (most > 0 && mine > most) {
      release(rows, level);
      return false;
    }
    return true;
  }

  void release(int rows, int level) {
    all.addAndGet(-rows);
    if (byLevel != null) {
      byLevel.addAndGet(level, -rows);
    }
  }
}
