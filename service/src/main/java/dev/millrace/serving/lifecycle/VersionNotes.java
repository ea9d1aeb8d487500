package dev.millrace.serving.lifecycle;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is to be told about those versions of one model that do not answer requests. Guarded by
 * itself.
 */
final class VersionNotes {
  /** A trainer makes versions without end; people look at the last ones. */
  private static final int MOST = 100;

  /**
   * @param holder the loaded version it is about, null for one that is not loaded
   */
  private record Note(VersionStatus status, @Nullable LoadedVersion holder) {}

  private final String model;
  private final Map<String, Note> notes = new LinkedHashMap<>();

  VersionNotes(String model) {
    this.model = model;
  }

  synchronized void loading(String version) {
    put(new Note(absent(version, VersionState.LOADING, ""), null));
  }

  synchronized void failed(String version, String reason) {
    put(new Note(absent(version, VersionState.UNAVAILABLE, reason), null));
  }

  synchronized void available(String version) {
    notes.remove(version);
  }

  synchronized void unloading(LoadedVersion version, String reason) {
    put(new Note(version.status(VersionState.UNLOADING, reason, false), version));
  }

  /** Does nothing when the same version number was loaded anew in the meantime. */
  synchronized void unloaded(LoadedVersion version) {
    var note = notes.get(version.version());
    if (note != null && note.holder() == version) {
      put(new Note(absent(version.version(), VersionState.UNAVAILABLE, "unloaded"), null));
    }
  }

  /** What is noted of a version, if anything is. */
  synchronized Optional<VersionStatus> of(String version) {
    return Optional.ofNullable(notes.get(version)).map(Note::status);
  }

  /** All versions of the model, those that answer requests included; in no particular order. */
  synchronized List<VersionStatus> with(Serving serving) {
    var statuses = new ArrayList<VersionStatus>();
    for (var seat : serving.seats()) {
      var trouble = reasonBeside(seat.version());
      boolean first = seat.equals(serving.seat(null));
      switch (seat) {
        case LoadedVersion version -> {
          var reason = trouble.isEmpty() ? version.berths().fallback() : trouble;
          statuses.add(version.status(VersionState.READY, reason, first));
        }
        case DormantVersion version -> statuses.add(version.status(trouble, first));
        case LostVersion version -> {
          if (!notes.containsKey(version.version())) {
            statuses.add(absent(version.version(), VersionState.UNAVAILABLE, version.reason()));
          }
        }
      }
    }
    notes.values().stream()
        .map(Note::status)
        .filter(status -> !serving.answers(status.version()))
        .forEach(statuses::add);
    return statuses;
  }

  /** Why the files of a version that answers requests could not replace it, if that is so. */
  private String reasonBeside(String version) {
    var note = notes.get(version);
    return note == null || note.holder() != null ? "" : note.status().reason();
  }

  private void put(Note note) {
    notes.remove(note.status().version());
    notes.put(note.status().version(), note);
    if (notes.size() > MOST) {
      dropOldest();
    }
  }

  private void dropOldest() {
    notes.values().stream()
        .map(Note::status)
        .filter(status -> status.state() == VersionState.UNAVAILABLE)
        .findFirst()
        .ifPresent(status -> notes.remove(status.version()));
  }

  private VersionStatus absent(String version, VersionState state, String reason) {
    return new VersionStatus(model, version, state, reason, false, "", Duration.ZERO, null);
  }
}
