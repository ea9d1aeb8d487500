package dev.millrace.serving.lifecycle;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A version that was unloaded to make room and answers requests all the same: the first one loads
 * it again.
 *
 * @param loadTime what the last load took
 */
record DormantVersion(
    Candidate candidate,
    ModelDescription description,
    Duration loadTime,
    @Nullable Instant availableSince)
    implements Serving.Seat {
  private static final String REASON = "unloaded to make room; the next request loads it";

  /**
   * What people see of it.
   *
   * @param trouble why it could not be loaded the last time; empty where it could
   * @param live whether requests without a version get it
   */
  VersionStatus status(String trouble, boolean live) {
    var reason = trouble.isEmpty() ? REASON : REASON + "; the last attempt failed: " + trouble;
    return new VersionStatus(
        candidate.model(),
        version(),
        VersionState.READY,
        reason,
        live,
        "",
        loadTime,
        availableSince);
  }
}
