package dev.millrace.serving.lifecycle;

import dev.millrace.serving.runtime.DeviceMemoryException;
import dev.millrace.serving.runtime.ModelLoadException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Loads a version within a limit, and elsewhere where a device turns out to be too full. */
final class LoadAttempts {
  private static final Logger log = LoggerFactory.getLogger(LoadAttempts.class);
  private static final int ATTEMPTS = 4;

  private final VersionLoader loader;
  private final Duration loadLimit;

  LoadAttempts(VersionLoader loader, Duration loadLimit) {
    this.loader = loader;
    this.loadLimit = loadLimit;
  }

  /** A device without memory is no reason yet: the next attempt expects to need more. */
  LoadedVersion load(Candidate candidate, Haste haste) throws IOException {
    for (int attempt = 1; ; attempt++) {
      try {
        return loadOnce(candidate, haste);
      } catch (ModelLoadException e) {
        if (attempt == ATTEMPTS || !DeviceMemoryException.isBehind(e)) {
          forgetGrowth(candidate, attempt);
          throw e;
        }
        log.warn("Load needs another place: model={} reason={}", candidate.model(), e.getMessage());
      }
    }
  }

  /** Else a device that was full for a while would leave the model too large for any. */
  private void forgetGrowth(Candidate candidate, int attempts) {
    if (attempts > 1) {
      loader.placements().ledger().forget(candidate.model());
    }
  }

  private LoadedVersion loadOnce(Candidate candidate, Haste haste) throws IOException {
    long started = loader.clock().nanos();
    var loading = loader.start(candidate, candidate.files().fetch(), haste, started);
    try {
      return loading.get(loadLimit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      abandon(loading);
      throw new ModelLoadException("It did not load within %s".formatted(loadLimit), e);
    } catch (InterruptedException e) {
      abandon(loading);
      Thread.currentThread().interrupt();
      throw new ModelLoadException("The load was interrupted", e);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof ModelLoadException reason
          ? reason
          : new ModelLoadException(String.valueOf(e.getCause()), e.getCause());
    }
  }

  /** Native code that opens a model cannot be stopped: what it makes in the end is closed. */
  private static void abandon(CompletableFuture<LoadedVersion> loading) {
    loading.thenAccept(LoadedVersion::close).exceptionally(_ -> null);
  }
}
