package dev.millrace.serving.lifecycle;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * What people and protocols see of one version.
 *
 * @param reason why it is in this state where that needs a reason, else empty
 * @param live whether requests that name no version are answered by it
 * @param device where it runs, empty when it does not
 * @param loadTime from the start of the load until available; zero while loading
 * @param availableSince when it became available, for people; absent when it never did
 */
public record VersionStatus(
    String model,
    String version,
    VersionState state,
    String reason,
    boolean live,
    String device,
    Duration loadTime,
    @Nullable Instant availableSince) {
  static final Comparator<VersionStatus> BY_MODEL_AND_VERSION =
      Comparator.comparing(VersionStatus::model)
          .thenComparingInt(status -> status.version().length())
          .thenComparing(VersionStatus::version);
}
