package dev.millrace.serving.lifecycle;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.lifecycle.WaitingRoom.Guest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The load on demand of one version: one load for all who wait, and none too soon after one that
 * failed. Guarded by itself.
 */
final class Awakening {
  private static final long FIRST_PAUSE_NANOS = Duration.ofMillis(200).toNanos();
  private static final long LONGEST_PAUSE_NANOS = Duration.ofSeconds(20).toNanos();

  private final ServedModel model;
  private final String version;
  private final Set<Guest> guests = new LinkedHashSet<>();
  private boolean underWay;
  private @Nullable InferenceFailure trouble;
  private long pauseNanos;
  private long retryAtNanos;

  Awakening(ServedModel model, String version) {
    this.model = model;
    this.version = version;
  }

  ServedModel model() {
    return model;
  }

  String version() {
    return version;
  }

  /**
   * Waits, and begins the load where none is under way.
   *
   * @param asked what the request calls the version; null for the first
   */
  void await(@Nullable String asked, LeaseWaiter waiter, WaitingRoom room) {
    var failure = recentTrouble(room.clock().nanos());
    if (failure != null) {
      waiter.failed(failure);
      return;
    }
    var guest = room.enter(model, asked, waiter);
    if (guest != null && join(guest)) {
      room.beginLoad(this);
    }
  }

  /** True for the first. */
  private synchronized boolean join(Guest guest) {
    guests.removeIf(other -> other.waiter().cancelled() && dismiss(other));
    guests.add(guest);
    boolean first = !underWay;
    underWay = true;
    return first;
  }

  private synchronized @Nullable InferenceFailure recentTrouble(long nowNanos) {
    return trouble != null && nowNanos - retryAtNanos < 0 ? trouble : null;
  }

  /** The load succeeded: all who waited go on. */
  void end(WaitingRoom room) {
    for (var guest : leaving(null, room)) {
      if (guest.leave()) {
        goOn(guest, room);
      }
    }
  }

  /** The load failed: all who waited are told. */
  void end(InferenceFailure failure, WaitingRoom room) {
    for (var guest : leaving(failure, room)) {
      if (guest.leave()) {
        guest.waiter().failed(failure);
      }
    }
  }

  private synchronized List<Guest> leaving(@Nullable InferenceFailure failure, WaitingRoom room) {
    var leaving = new ArrayList<>(guests);
    guests.clear();
    underWay = false;
    trouble = failure;
    pauseNanos =
        failure == null ? 0 : Math.clamp(pauseNanos * 2, FIRST_PAUSE_NANOS, LONGEST_PAUSE_NANOS);
    retryAtNanos = room.clock().nanos() + pauseNanos;
    return leaving;
  }

  private void goOn(Guest guest, WaitingRoom room) {
    var waiter = guest.waiter();
    if (waiter.cancelled()) {
      waiter.failed(cancelled());
      return;
    }
    try {
      var lease = model.leaseNow(guest.version());
      if (lease.isPresent()) {
        waiter.leased(lease.get(), guest.waitedNanos());
      } else {
        // Another version may be the first by now.
        model.await(guest.version(), waiter, room);
      }
    } catch (InferenceException e) {
      waiter.failed(e.failure());
    }
  }

  private boolean dismiss(Guest guest) {
    if (guest.leave()) {
      guest.waiter().failed(cancelled());
    }
    return true;
  }

  private static InferenceFailure cancelled() {
    return new InferenceFailure.Cancelled("The request was cancelled while its model was loaded.");
  }
}
