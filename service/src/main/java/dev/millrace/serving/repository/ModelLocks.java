package dev.millrace.serving.repository;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Lets changes of one model take turns. Holds nothing of models that nobody changes. */
final class ModelLocks {
  private static final Duration LONGEST_WAIT = Duration.ofMinutes(10);

  private final Map<String, Shared> locks = new ConcurrentHashMap<>();

  /** One lock and how many hold it or wait for it. */
  private record Shared(ReentrantLock lock, int users) {
    static Shared joined(@Nullable Shared before) {
      return before == null
          ? new Shared(new ReentrantLock(), 1)
          : new Shared(before.lock, before.users + 1);
    }

    @Nullable Shared left() {
      return users == 1 ? null : new Shared(lock, users - 1);
    }
  }

  /**
   * Makes a change once no other one of the model is under way.
   *
   * @throws InferenceException with NotReady where that takes too long or is interrupted
   */
  void inTurn(String model, Runnable change) {
    var lock = locks.compute(model, (_, before) -> Shared.joined(before)).lock();
    try {
      take(lock, model);
      try {
        change.run();
      } finally {
        lock.unlock();
      }
    } finally {
      locks.computeIfPresent(model, (_, shared) -> shared.left());
    }
  }

  private static void take(ReentrantLock lock, String model) {
    try {
      if (lock.tryLock(LONGEST_WAIT.toSeconds(), TimeUnit.SECONDS)) {
        return;
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    throw new InferenceException(
        new InferenceFailure.NotReady(
            "failed to change '%s', another change of it is under way. Try again later."
                .formatted(model)));
  }
}
