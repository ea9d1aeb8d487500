package dev.millrace.serving.lifecycle;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.telemetry.MeterSnapshot;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One model: what answers now, what is to be told about the rest, and whose turn it is to change.
 */
final class ServedModel {
  private final String name;
  private final VersionNotes notes;
  private final Traffic traffic = new Traffic();

  /** Whoever loads or unloads holds it, for as long as a load takes. */
  private final ReentrantLock changes = new ReentrantLock();

  private final Set<LoadedVersion> draining = ConcurrentHashMap.newKeySet();

  /** Written under the monitor of this, so that each version is retired once, also by a stop. */
  private volatile Serving serving = Serving.NOTHING;

  ServedModel(String name) {
    this.name = name;
    this.notes = new VersionNotes(name);
  }

  ReentrantLock changes() {
    return changes;
  }

  VersionNotes notes() {
    return notes;
  }

  Serving serving() {
    return serving;
  }

  /**
   * The swap: one reference. Returns what answered until now and takes no more requests; each of
   * them is drained once its leases are back.
   */
  synchronized List<LoadedVersion> swapTo(Serving next, String reason) {
    var before = serving.all();
    for (var version : before) {
      draining.add(version);
      notes.unloading(version, reason);
    }
    next.versions().forEach(notes::available);
    serving = next;
    before.forEach(version -> version.leases().retire());
    return before;
  }

  /** Called when a version has drained and given its memory back. */
  void gone(LoadedVersion version) {
    draining.remove(version);
    notes.unloaded(version);
    var meters = version.workers().meters();
    // The same version loaded again counts on with the same meters.
    if (loaded().noneMatch(other -> other.workers().meters() == meters)) {
      traffic.gone(meters);
    }
  }

  /** What its requests came to, over all versions. */
  MeterSnapshot traffic() {
    var live = serving.live();
    var meters = loaded().map(version -> version.workers().meters()).collect(Collectors.toSet());
    return traffic.total(meters, live == null ? null : live.workers().meters());
  }

  int inFlight() {
    return loaded().mapToInt(version -> version.leases().held()).sum();
  }

  private Stream<LoadedVersion> loaded() {
    return Stream.concat(serving.all().stream(), draining.stream());
  }

  ModelLease lease(@Nullable String version) {
    while (true) {
      var chosen = chosen(version);
      if (chosen.leases().acquire()) {
        return new ModelLease(chosen);
      }
      // It retired since we looked. The swap comes before the retirement, so the next look differs.
    }
  }

  ModelDescription describe(@Nullable String version) {
    var now = serving;
    var chosen = now.version(version);
    if (chosen == null) {
      throw absent(version);
    }
    return chosen.description().among(now.versions());
  }

  List<VersionStatus> versions() {
    return notes.with(serving);
  }

  private LoadedVersion chosen(@Nullable String version) {
    var chosen = serving.version(version);
    if (chosen == null) {
      throw absent(version);
    }
    return chosen;
  }

  private InferenceException absent(@Nullable String version) {
    if (version == null) {
      return new InferenceException(
          new InferenceFailure.NotReady(
              "Request for unknown model: '%s' has no available versions. The repository index says why."
                  .formatted(name)));
    }
    return new InferenceException(
        notes.of(version).map(this::notReady).orElseGet(() -> notFound(version)));
  }

  private InferenceFailure notReady(VersionStatus status) {
    return new InferenceFailure.NotReady(
        "Request for unknown model: '%s' version %s is not at ready state but %s; available are %s."
            .formatted(name, status.version(), status.state(), serving.versions()));
  }

  private InferenceFailure notFound(String version) {
    return new InferenceFailure.NotFound(
        "Request for unknown model: '%s' version %s is not found; available are %s."
            .formatted(name, version, serving.versions()));
  }
}
