package dev.millrace.serving.api.oip.rest;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.millrace.serving.lifecycle.VersionState;
import dev.millrace.serving.lifecycle.VersionStatus;

/** One line of the repository index; a model that was never loaded has no version. */
record IndexEntry(
    String name,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) String version,
    VersionState state,
    String reason) {
  static IndexEntry of(VersionStatus status) {
    return new IndexEntry(status.model(), status.version(), status.state(), status.reason());
  }
}
