package dev.millrace.serving.lifecycle;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.telemetry.MeterSnapshot;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One model: what answers now, what is to be told about the rest, and whose turn it is to change.
 */
final class ServedModel {
  private final String name;
  private final UseEpoch epoch;
  private final VersionNotes notes;
  private final Traffic traffic = new Traffic();

  /** Whoever loads or unloads holds it, for as long as a load takes. */
  private final ReentrantLock changes = new ReentrantLock();

  /** The loads on demand, by the version that is loaded. */
  private final Map<String, Awakening> awakenings = new ConcurrentHashMap<>();

  private final Set<LoadedVersion> draining = ConcurrentHashMap.newKeySet();

  /** Written under the monitor of this, so that each version is retired once, also by a stop. */
  private volatile Serving serving = Serving.NOTHING;

  ServedModel(String name, UseEpoch epoch) {
    this.name = name;
    this.epoch = epoch;
    this.notes = new VersionNotes(name);
  }

  String name() {
    return name;
  }

  /** Waits for a load of the version, or with null of the first, as {@link Awakening#await}. */
  void await(@Nullable String version, LeaseWaiter waiter, WaitingRoom room) {
    var seat = serving.seat(version);
    if (seat == null) {
      waiter.failed(absent(version).failure());
    } else {
      awakenings
          .computeIfAbsent(seat.version(), chosen -> new Awakening(this, chosen))
          .await(version, waiter, room);
    }
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
   * The swap: one reference. Returns what takes no more requests; each of them is drained once its
   * leases are back.
   *
   * @param change makes the next state from the one of this moment
   * @param reason why those that leave do
   */
  synchronized List<LoadedVersion> change(UnaryOperator<Serving> change, String reason) {
    var before = serving;
    var next = change.apply(before);
    before.seats().stream()
        .filter(seat -> !next.contains(seat))
        .forEach(seat -> leave(seat, reason));
    next.seats().stream()
        .filter(seat -> !before.contains(seat))
        .forEach(seat -> notes.available(seat.version()));
    serving = next;
    awakenings.keySet().retainAll(next.versions());
    var leaving = before.loaded().stream().filter(version -> !next.contains(version)).toList();
    leaving.forEach(version -> version.leases().retire());
    return leaving;
  }

  private void leave(Serving.Seat seat, String reason) {
    switch (seat) {
      case LoadedVersion version -> {
        draining.add(version);
        notes.unloading(version, reason);
      }
      case LostVersion version -> notes.failed(version.version(), reason);
      case DormantVersion version -> notes.failed(version.version(), "unloaded");
    }
  }

  /**
   * Unloads the versions that no request holds, and keeps answering: the next request loads its
   * version again.
   */
  synchronized List<LoadedVersion> sleep() {
    // Retired before the swap, so that nobody holds it; whoever comes in between looks again.
    var idle =
        serving.loaded().stream()
            .filter(version -> version.mayBeUnloaded() && version.leases().retireIfIdle())
            .toList();
    var next = serving;
    for (var version : idle) {
      draining.add(version);
      next = next.replacing(version, version.dormant());
    }
    serving = next;
    return idle;
  }

  /** Takes a version away, which cannot answer any more; empty when it is in service no more. */
  synchronized Optional<LostVersion> lose(LoadedVersion version, String reason) {
    if (!serving.contains(version)) {
      return Optional.empty();
    }
    var lost = new LostVersion(version.candidate(), reason);
    draining.add(version);
    notes.failed(version.version(), reason);
    serving = serving.replacing(version, lost);
    version.leases().retire();
    return Optional.of(lost);
  }

  /** Called when a version has drained and given its memory back. */
  synchronized void gone(LoadedVersion version) {
    draining.remove(version);
    notes.unloaded(version);
    traffic.gone(version.workers().meters());
  }

  /** What its requests came to, over all versions. */
  synchronized MeterSnapshot traffic() {
    var live = serving.live();
    var meters = loaded().map(version -> version.workers().meters()).collect(Collectors.toSet());
    return traffic.total(meters, live == null ? null : live.workers().meters());
  }

  int inFlight() {
    return loaded().mapToInt(version -> version.leases().held()).sum();
  }

  private Stream<LoadedVersion> loaded() {
    return Stream.concat(serving.loaded().stream(), draining.stream());
  }

  /** A lease on a version that is loaded. */
  ModelLease lease(@Nullable String version) {
    return leaseNow(version).orElseThrow(() -> notLoaded());
  }

  /** A lease on the version; empty when it is to be loaded first. */
  Optional<ModelLease> leaseNow(@Nullable String version) {
    while (true) {
      var now = serving;
      var chosen = now.version(version);
      if (chosen == null) {
        if (now.dormant(version) == null) {
          throw absent(version);
        }
        return Optional.empty();
      }
      if (chosen.leases().acquire()) {
        chosen.use(epoch.now());
        return Optional.of(new ModelLease(chosen));
      }
      // It retired since we looked; the swap is done already, or is the next thing done.
      Thread.onSpinWait();
    }
  }

  ModelDescription describe(@Nullable String version) {
    var now = serving;
    var chosen = now.version(version);
    if (chosen != null) {
      return chosen.description().among(now.versions());
    }
    var dormant = now.dormant(version);
    if (dormant == null) {
      throw absent(version);
    }
    return dormant.description().among(now.versions());
  }

  Whereabouts whereabouts(@Nullable String version) {
    var now = serving;
    var chosen = now.version(version);
    if (chosen != null) {
      return chosen.berths().whereabouts();
    }
    if (now.dormant(version) == null) {
      throw absent(version);
    }
    return Whereabouts.NOWHERE;
  }

  /** Of the versions that answer requests, oldest first. */
  List<VersionStatistics> statistics() {
    return serving.seats().reversed().stream().flatMap(this::statistics).toList();
  }

  private Stream<VersionStatistics> statistics(Serving.Seat seat) {
    return switch (seat) {
      case LoadedVersion version -> Stream.of(VersionStatistics.of(version));
      case DormantVersion version -> Stream.of(VersionStatistics.of(name, version));
      case LostVersion _ -> Stream.empty();
    };
  }

  List<VersionStatus> versions() {
    return notes.with(serving);
  }

  private InferenceException notLoaded() {
    return new InferenceException(
        new InferenceFailure.NotReady(
            "Model '%s' is unloaded until a request needs it.".formatted(name)));
  }

  private InferenceException absent(@Nullable String version) {
    var lost = serving.lost(version);
    if (lost != null) {
      return new InferenceException(lost.failure());
    }
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
