package dev.millrace.serving.fake;

import java.util.Map;

/** The moves of a store's aliases, and those who wait for one. */
final class FakeMoves {
  /** All guarded by this. */
  private boolean told;

  private boolean ended;
  private boolean down;
  private long revision = 7;
  private int questions;

  synchronized void tell() {
    told = true;
  }

  synchronized boolean isTold() {
    questions++;
    return told;
  }

  synchronized int questions() {
    return questions;
  }

  synchronized void moved() {
    revision++;
    notifyAll();
  }

  synchronized void breakBy(boolean isDown) {
    down = isDown;
    notifyAll();
  }

  synchronized void end() {
    ended = true;
    notifyAll();
  }

  /** The revision once it is not the one of the question, or when its time is over. */
  synchronized long next(Map<String, String> question) {
    var since = question.getOrDefault("since", "");
    var limitMillis = Long.parseLong(question.getOrDefault("timeout_ms", "0"));
    var endNanos = System.nanoTime() + limitMillis * 1_000_000;
    try {
      while (!ended && !down && since.equals(String.valueOf(revision))) {
        var leftMillis = (endNanos - System.nanoTime()) / 1_000_000;
        if (leftMillis <= 0) {
          break;
        }
        wait(leftMillis);
      }
      return revision;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
