package dev.millrace.serving.lifecycle;

import dev.millrace.serving.runtime.ModelLoadException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/** Makes changes take turns, and none wait longer than a load may take. Thread-safe. */
final class ChangeTurns {
  private final Duration limit;

  ChangeTurns(Duration limit) {
    this.limit = limit;
  }

  /**
   * Takes the turn of a model, which the caller gives back.
   *
   * @throws ModelLoadException where another change of it takes too long
   */
  void take(ServedModel model) {
    if (!tryTake(model.changes())) {
      throw new ModelLoadException(
          "Model '%s' was busy with another change for %s".formatted(model.name(), limit), null);
    }
  }

  /** The same for any turn; false where others have it for too long. */
  boolean tryTake(ReentrantLock turn) {
    try {
      return turn.tryLock(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ModelLoadException("The change was interrupted", e);
    }
  }
}
