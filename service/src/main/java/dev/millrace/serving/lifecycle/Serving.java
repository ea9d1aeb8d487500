package dev.millrace.serving.lifecycle;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which versions of one model answer requests at this moment.
 *
 * @param live answers requests that name no version; null when none does
 * @param all oldest first
 */
record Serving(@Nullable LoadedVersion live, List<LoadedVersion> all) {
  static final Serving NOTHING = new Serving(null, List.of());

  static Serving only(LoadedVersion version) {
    return new Serving(version, List.of(version));
  }

  /** The version with this name, or with null the live one. */
  @Nullable LoadedVersion version(@Nullable String version) {
    if (version == null) {
      return live;
    }
    for (var candidate : all) {
      if (candidate.version().equals(version)) {
        return candidate;
      }
    }
    return null;
  }

  List<String> versions() {
    return all.stream().map(LoadedVersion::version).toList();
  }
}
