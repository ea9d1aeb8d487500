package dev.millrace.serving.api.console;

import dev.millrace.protocol.packaging.ImageDescription;
import dev.millrace.serving.lifecycle.VersionState;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the page shows, as it goes out in JSON. */
record ConsoleStatus(long uptimeSeconds, boolean ready, List<Model> models) {
  /**
   * One model with its versions.
   *
   * @param image how its input is made from a picture, absent where it takes none
   */
  record Model(
      String name,
      List<Version> versions,
      @Nullable ImageDescription image,
      Requests requests,
      Latency latency) {}

  /** One version. */
  record Version(
      String version,
      VersionState state,
      boolean live,
      String reason,
      String device,
      long loadMillis,
      @Nullable Instant availableSince) {}

  /** Requests since the start of the server. */
  record Requests(long success, long failure) {}

  /**
   * Durations of answered requests.
   *
   * @param count since the start, as is the total
   * @param p50Micros of the last seconds, as is the 99th percentile; 0 without requests
   */
  record Latency(long count, long p50Micros, long p99Micros, long totalMicros) {}
}
