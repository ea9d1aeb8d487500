package dev.millrace.serving.scheduling;

import org.jspecify.annotations.Nullable;

/**
 * The waiting parts by priority, and behind all of them those that are too late but run all the
 * same. With ageing, a part counts as one level higher for each period it waited; parts of one
 * level are in the order of their submission, so only the first of each lane need be compared.
 * Guarded by the queue's lock.
 */
final class Lanes {
  private final Lane[] lanes;
  private final @Nullable Part[] cursors;
  private final long ageingNanos;
  private final int late;

  Lanes(QueueSettings settings) {
    late = settings.levels();
    ageingNanos = settings.ageing().toNanos();
    lanes = new Lane[late + 1];
    cursors = new Part[late + 1];
    for (int i = 0; i <= late; i++) {
      lanes[i] = new Lane();
    }
  }

  void append(Part part) {
    lanes[part.delayed ? late : part.level - 1].append(part);
  }

  /** Begins to look at what waits. */
  void rewind() {
    for (int i = 0; i <= late; i++) {
      cursors[i] = lanes[i].head();
    }
  }

  /** The next in the order in which they would run; null at the end. */
  @Nullable Part next(long nowNanos) {
    int best = -1;
    long bestLevel = Long.MAX_VALUE;
    for (int i = 0; i <= late; i++) {
      var part = cursors[i];
      if (part == null) {
        continue;
      }
      long level = level(i, part, nowNanos);
      if (level < bestLevel || (level == bestLevel && isOlder(part, cursors[best]))) {
        best = i;
        bestLevel = level;
        if (ageingNanos == 0) {
          break;
        }
      }
    }
    return best < 0 ? null : advance(best);
  }

  private @Nullable Part advance(int lane) {
    var part = cursors[lane];
    cursors[lane] = part == null ? null : part.next;
    return part;
  }

  private static boolean isOlder(Part part, @Nullable Part other) {
    return other != null && part.submittedNanos - other.submittedNanos < 0;
  }

  /** Late parts stay behind the others for good. */
  private long level(int lane, Part part, long nowNanos) {
    if (ageingNanos == 0 || lane == late) {
      return lane;
    }
    return Math.max(0, lane - (nowNanos - part.submittedNanos) / ageingNanos);
  }

  /** Removes the parts marked as taken, which are the given number at most. */
  void removeTaken(int most) {
    int left = most;
    for (int i = 0; i <= late && left > 0; i++) {
      left -= lanes[i].removeTaken(left);
    }
  }
}
