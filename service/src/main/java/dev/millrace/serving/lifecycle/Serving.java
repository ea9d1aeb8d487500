package dev.millrace.serving.lifecycle;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Which versions of one model answer requests at this moment. Immutable.
 *
 * <p>Problem: besides the version that requests without a name get, a model may serve others, and
 * each may be unloaded, lost and loaded again by itself. Choice: one list with a seat for each
 * version, the highest first, which is the one for requests without a name; every change makes a
 * new list, so that a swap is one reference.
 */
final class Serving {
  private static final Comparator<Seat> HIGHEST_FIRST =
      Comparator.comparing(Seat::version, VersionStatus.BY_NUMBER).reversed();

  static final Serving NOTHING = new Serving(List.of());

  private final List<Seat> seats;
  private final @Nullable LoadedVersion live;

  /** A version: loaded, unloaded until a request comes, or lost until it can be loaded again. */
  sealed interface Seat permits LoadedVersion, DormantVersion, LostVersion {
    Candidate candidate();

    default String version() {
      return candidate().version();
    }
  }

  private Serving(Collection<? extends Seat> seats) {
    this.seats = seats.stream().sorted(HIGHEST_FIRST).map(Seat.class::cast).toList();
    live = this.seats.isEmpty() ? null : loaded(this.seats.getFirst());
  }

  static Serving only(Seat seat) {
    return new Serving(List.of(seat));
  }

  /** The loaded version that requests without a name get; null when they get none now. */
  @Nullable LoadedVersion live() {
    return live;
  }

  List<Seat> seats() {
    return seats;
  }

  /** The loaded versions, the highest first. */
  List<LoadedVersion> loaded() {
    return seats.stream()
        .filter(LoadedVersion.class::isInstance)
        .map(LoadedVersion.class::cast)
        .toList();
  }

  /** The seat of the version with this name, or with null the first. */
  @Nullable Seat seat(@Nullable String version) {
    for (var seat : seats) {
      if (version == null || seat.version().equals(version)) {
        return seat;
      }
    }
    return null;
  }

  /** The loaded version with this name, or with null the live one. */
  @Nullable LoadedVersion version(@Nullable String version) {
    return version == null ? live : loaded(seat(version));
  }

  /** The same, where it is unloaded until a request comes. */
  @Nullable DormantVersion dormant(@Nullable String version) {
    return seat(version) instanceof DormantVersion dormant ? dormant : null;
  }

  /** The same, where it is lost. */
  @Nullable LostVersion lost(@Nullable String version) {
    return seat(version) instanceof LostVersion lost ? lost : null;
  }

  /** Whether any version is lost, be it that others answer. */
  boolean hasLost() {
    return seats.stream().anyMatch(LostVersion.class::isInstance);
  }

  /** Whether requests for this version, or with null for the model, are answered. */
  boolean answers(@Nullable String version) {
    return answers(seat(version));
  }

  private static boolean answers(@Nullable Seat seat) {
    return seat instanceof LoadedVersion || seat instanceof DormantVersion;
  }

  /** Whether this very seat is in it. */
  boolean contains(Seat seat) {
    return seats.contains(seat);
  }

  /** Whether this very content answers requests, or will as soon as it can be loaded. */
  boolean has(Candidate candidate) {
    return seats.stream().anyMatch(seat -> seat.candidate().isSame(candidate));
  }

  /** Whether that holds for each of these, and there is nothing else. */
  boolean isExactly(Collection<Candidate> candidates) {
    return seats.size() == candidates.size() && candidates.stream().allMatch(this::has);
  }

  /** With these versions, instead of those of the same numbers where there are some. */
  Serving with(Collection<? extends Seat> added) {
    var next = this;
    for (var seat : added) {
      next = next.with(other -> !other.version().equals(seat.version()), seat);
    }
    return next;
  }

  /** With another seat in the place of this one; the same where it is in it no more. */
  Serving replacing(Seat seat, Seat next) {
    return contains(seat) ? with(other -> !other.equals(seat), next) : this;
  }

  private Serving with(Predicate<Seat> kept, Seat next) {
    var all = new ArrayList<>(seats.stream().filter(kept).toList());
    all.add(next);
    return new Serving(all);
  }

  /** Without the versions whose numbers are not among these, whatever their content. */
  Serving keeping(Set<String> numbers) {
    return new Serving(seats.stream().filter(seat -> numbers.contains(seat.version())).toList());
  }

  /** Those that answer requests, the lowest first. */
  List<String> versions() {
    return seats.reversed().stream().filter(Serving::answers).map(Seat::version).toList();
  }

  private static @Nullable LoadedVersion loaded(@Nullable Seat seat) {
    return seat instanceof LoadedVersion loaded ? loaded : null;
  }
}
