package dev.millrace.serving.lifecycle;

import dev.millrace.serving.device.ProcessMemory;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes versions away from requests, and gives their memory back once the last lease is in.
 * Thread-safe; no method blocks.
 */
final class Retirement {
  private static final Logger log = LoggerFactory.getLogger(Retirement.class);

  /** Between an unload and the return of its pages, so that many unloads share one. */
  private static final long TRIM_DELAY_MILLIS = 1_000;

  private final ModelCatalog catalog;
  private final AtomicBoolean trimAhead = new AtomicBoolean();

  Retirement(ModelCatalog catalog) {
    this.catalog = catalog;
  }

  /** Swaps; completes one by one when the versions that answer no more are closed. */
  List<CompletableFuture<Void>> retire(
      ServedModel model, UnaryOperator<Serving> change, String reason) {
    var leaving = model.change(change, reason);
    catalog.epoch().moveOn();
    catalog.readinessMayHaveChanged();
    return whenDrained(model, leaving);
  }

  /** Unloads the versions that no request holds; complete when they are closed. */
  List<CompletableFuture<Void>> putToSleep(ServedModel model) {
    var asleep = model.sleep();
    if (!asleep.isEmpty()) {
      catalog.epoch().moveOn();
    }
    return whenDrained(model, asleep);
  }

  private List<CompletableFuture<Void>> whenDrained(
      ServedModel model, List<LoadedVersion> leaving) {
    return leaving.stream().map(version -> whenDrained(model, version)).toList();
  }

  /** Takes a version away, whose copies are gone; empty when it is in service no more. */
  Optional<LostVersion> lose(ServedModel model, LoadedVersion version, String reason) {
    var lost = model.lose(version, reason);
    lost.ifPresent(
        _ -> {
          catalog.epoch().moveOn();
          catalog.readinessMayHaveChanged();
          var _ = whenDrained(model, version);
        });
    return lost;
  }

  /** Closes on a thread of its own: the last lease may be given back on an event loop. */
  private CompletableFuture<Void> whenDrained(ServedModel model, LoadedVersion version) {
    version.workers().scheduler().retire();
    return version
        .leases()
        .drained()
        .thenRunAsync(() -> close(model, version), Thread::startVirtualThread)
        .toCompletableFuture();
  }

  private void close(ServedModel model, LoadedVersion version) {
    try {
      version.close();
      log.info("Version unloaded: model={} version={}", version.model(), version.version());
    } catch (RuntimeException e) {
      log.error("Closing {} {} broke", version.model(), version.version(), e);
    } finally {
      model.gone(version);
      trimSoon();
    }
  }

  private void trimSoon() {
    if (trimAhead.compareAndSet(false, true)) {
      CompletableFuture.delayedExecutor(
              TRIM_DELAY_MILLIS, TimeUnit.MILLISECONDS, Thread::startVirtualThread)
          .execute(this::trim);
    }
  }

  private void trim() {
    trimAhead.set(false);
    Background.run(ProcessMemory::trim, Haste.NONE);
  }
}
