package dev.millrace.serving.api.tfs;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.millrace.serving.lifecycle.VersionStatus;
import java.util.List;

/**
 * The state of a model's versions as TensorFlow Serving tells it, and whether the model is ready,
 * as KServe does: both have the same URL.
 */
record ModelStatus(
    @JsonProperty("model_version_status") List<Version> versions, String name, boolean ready) {
  private static final String UNLOADED = "unloaded";

  static ModelStatus of(String model, List<VersionStatus> versions, boolean ready) {
    return new ModelStatus(versions.stream().map(Version::of).toList(), model, ready);
  }

  record Version(String version, String state, Status status) {
    private static Version of(VersionStatus status) {
      return new Version(status.version(), state(status), Status.of(status));
    }

    private static String state(VersionStatus status) {
      return switch (status.state()) {
        case LOADING -> "LOADING";
        case READY -> "AVAILABLE";
        case UNLOADING -> "UNLOADING";
        case UNAVAILABLE -> "END";
      };
    }
  }

  record Status(
      @JsonProperty("error_code") String code, @JsonProperty("error_message") String message) {
    /** Why it has ended, where it was not unloaded on request. */
    private static Status of(VersionStatus status) {
      return switch (status.state()) {
        case LOADING, READY, UNLOADING -> new Status("OK", "");
        case UNAVAILABLE ->
            status.reason().isEmpty() || status.reason().equals(UNLOADED)
                ? new Status("OK", "")
                : new Status("UNKNOWN", status.reason());
      };
    }
  }
}
