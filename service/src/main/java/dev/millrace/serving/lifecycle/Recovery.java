package dev.millrace.serving.lifecycle;

import dev.millrace.serving.runtime.ModelLoadException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes versions out of service whose last copy is gone, so that everybody sees it, and loads them
 * again: after a second, then after twice as long each time, until that works or nobody wants it
 * any more. Thread-safe; no method blocks.
 */
final class Recovery implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Recovery.class);
  private static final long FIRST_PAUSE_NANOS = Duration.ofSeconds(1).toNanos();
  private static final long LONGEST_PAUSE_NANOS = Duration.ofMinutes(1).toNanos();

  private final Placements placements;
  private final BiConsumer<ServedModel, LostVersion> reload;
  private volatile boolean closed;

  /**
   * Watches nothing yet.
   *
   * @param reload loads a version if it is still lost, or throws {@link ModelLoadException}; blocks
   */
  Recovery(Placements placements, BiConsumer<ServedModel, LostVersion> reload) {
    this.placements = placements;
    this.reload = reload;
  }

  /** Acts once the workers of the version have lost their last copy. */
  void watch(ServedModel model, LoadedVersion version) {
    var _ =
        version
            .workers()
            .scheduler()
            .lost()
            .thenRunAsync(
                () ->
                    lose(
                        model,
                        version,
                        "its last copy ran out of device memory, and there was no room for another"),
                Thread::startVirtualThread);
  }

  /** Takes the version out of service, if it is in it. */
  void lose(ServedModel model, LoadedVersion version, String reason) {
    placements.retirement().lose(model, version, reason).ifPresent(lost -> recover(model, lost));
  }

  private void recover(ServedModel model, LostVersion lost) {
    log.error(
        "Version is out of service until it can be loaded again: model={} version={} reason={}",
        model.name(),
        lost.version(),
        lost.reason());
    // What the last copies asked for may be more than any device has.
    placements.ledger().forget(model.name());
    later(model, lost, FIRST_PAUSE_NANOS);
  }

  private void later(ServedModel model, LostVersion lost, long pauseNanos) {
    CompletableFuture.delayedExecutor(pauseNanos, TimeUnit.NANOSECONDS, Thread::startVirtualThread)
        .execute(() -> attempt(model, lost, pauseNanos));
  }

  private void attempt(ServedModel model, LostVersion lost, long pauseNanos) {
    if (isOver(model, lost)) {
      return;
    }
    try {
      reload.accept(model, lost);
    } catch (ModelLoadException e) {
      if (!isOver(model, lost)) {
        var reason = lost.reason() + "; the last attempt to load it failed: " + e.getMessage();
        model.notes().failed(lost.version(), reason);
        later(model, lost, Math.min(2 * pauseNanos, LONGEST_PAUSE_NANOS));
      }
    }
  }

  private boolean isOver(ServedModel model, LostVersion lost) {
    return closed || !model.serving().contains(lost);
  }

  /** Begins no attempt any more. */
  @Override
  public void close() {
    closed = true;
  }
}
