package dev.millrace.serving.scheduling;

import org.jspecify.annotations.Nullable;

/** The waiting parts of one priority, oldest first. Guarded by the queue's lock. */
final class Lane {
  private @Nullable Part head;
  private @Nullable Part tail;

  @Nullable Part head() {
    return head;
  }

  void append(Part part) {
    part.next = null;
    if (tail == null) {
      head = part;
    } else {
      tail.next = part;
    }
    tail = part;
  }

  /** Removes the parts marked as taken, which are the given number at most. */
  int removeTaken(int most) {
    int removed = 0;
    Part before = null;
    var part = head;
    while (part != null && removed < most) {
      var following = part.next;
      if (part.taken) {
        unlink(part, before);
        removed++;
      } else {
        before = part;
      }
      part = following;
    }
    return removed;
  }

  private void unlink(Part part, @Nullable Part before) {
    if (before == null) {
      head = part.next;
    } else {
      before.next = part.next;
    }
    if (tail == part) {
      tail = before;
    }
  }
}
