package dev.millrace.trainer.tracking;

import dev.millrace.protocol.mlflow.MlflowException;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * Repeats calls that fail because the store is away for a moment. An interrupt ends the wait.
 *
 * @param limit how long a call is repeated; the last failure is thrown
 */
record Patience(Duration limit) {
  private static final long PAUSE_NANOS = Duration.ofMillis(250).toNanos();

  <T> T call(Supplier<T> call) {
    long giveUpAt = System.nanoTime() + limit.toNanos();
    while (true) {
      try {
        return call.get();
      } catch (MlflowException e) {
        if (!isPassing(e) || System.nanoTime() - giveUpAt >= 0) {
          throw e;
        }
      }
      pause();
    }
  }

  void run(Runnable call) {
    call(
        () -> {
          call.run();
          return true;
        });
  }

  private static void pause() {
    LockSupport.parkNanos(PAUSE_NANOS);
    if (Thread.currentThread().isInterrupted()) {
      throw new CancellationException("Interrupted while waiting for the store");
    }
  }

  /** Whether the same call may work in a moment. */
  static boolean isPassing(MlflowException e) {
    boolean unreachable = e.errorCode().equals(MlflowException.UNREACHABLE);
    boolean overloaded = e.status() == 429 || e.status() >= 502;
    return (unreachable || overloaded) && !Thread.currentThread().isInterrupted();
  }
}
