package dev.millrace.serving.lifecycle;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which versions of one model answer requests at this moment.
 *
 * @param live answers requests that name no version; null when none does
 * @param all oldest first
 * @param dormant is loaded by the next request; null when there is a live one, or none at all
 * @param lost was live until its last copy was gone, and is loaded again; null when there is none
 */
record Serving(
    @Nullable LoadedVersion live,
    List<LoadedVersion> all,
    @Nullable DormantVersion dormant,
    @Nullable LostVersion lost) {
  static final Serving NOTHING = new Serving(null, List.of(), null, null);

  static Serving only(LoadedVersion version) {
    return new Serving(version, List.of(version), null, null);
  }

  static Serving asleep(DormantVersion version) {
    return new Serving(null, List.of(), version, null);
  }

  static Serving without(LostVersion version) {
    return new Serving(null, List.of(), null, version);
  }

  /** The loaded version with this name, or with null the live one. */
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

  /** The dormant version, where it has this name or no name is asked for. */
  @Nullable DormantVersion dormant(@Nullable String version) {
    return dormant != null && (version == null || version.equals(dormant.version()))
        ? dormant
        : null;
  }

  /** The lost version, where it has this name or no name is asked for. */
  @Nullable LostVersion lost(@Nullable String version) {
    return lost != null && (version == null || version.equals(lost.version())) ? lost : null;
  }

  /** Whether requests for this version, or with null for the model, are answered. */
  boolean answers(@Nullable String version) {
    return version(version) != null || dormant(version) != null;
  }

  /** Whether this very content answers requests, or will as soon as it can be loaded. */
  boolean has(Candidate candidate) {
    return (live != null && live.has(candidate))
        || (lost != null && lost.candidate().isSame(candidate))
        || (dormant != null && dormant.candidate().isSame(candidate));
  }

  List<String> versions() {
    return dormant == null
        ? all.stream().map(LoadedVersion::version).toList()
        : List.of(dormant.version());
  }
}
