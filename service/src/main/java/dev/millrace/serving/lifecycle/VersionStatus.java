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
  /** Of versions, which are numbers without a bound. */
  static final Comparator<String> BY_NUMBER =
      Comparator.comparingInt(String::length).thenComparing(Comparator.naturalOrder());

  static final Comparator<VersionStatus> BY_MODEL_AND_VERSION =
      Comparator.comparing(VersionStatus::model).thenComparing(VersionStatus::version, BY_NUMBER);
}
