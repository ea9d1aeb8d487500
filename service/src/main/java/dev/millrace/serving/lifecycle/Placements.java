package dev.millrace.serving.lifecycle;

import dev.millrace.serving.device.Device;
import dev.millrace.serving.device.DeviceInventory;
import dev.millrace.serving.lifecycle.Berths.Berth;
import dev.millrace.serving.lifecycle.PlacementDecision.Await;
import dev.millrace.serving.lifecycle.PlacementDecision.Refuse;
import dev.millrace.serving.lifecycle.PlacementDecision.Settle;
import dev.millrace.serving.lifecycle.PlacementDecision.Spot;
import dev.millrace.serving.lifecycle.PlacementRequest.Urgency;
import dev.millrace.serving.lifecycle.Survey.Own;
import dev.millrace.serving.runtime.ModelLoadException;
import dev.millrace.serving.telemetry.PlacementMeters;
import dev.millrace.serving.time.NanoClock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds places for the copies of models and keeps count of what they take; unloads idle models
 * where that makes the room. Thread-safe; decisions take turns.
 */
public final class Placements {
  private static final Logger log = LoggerFactory.getLogger(Placements.class);
  private static final long LOOK_AGAIN_NANOS = 2_000_000;

  private final ModelCatalog catalog;
  private final DeviceInventory inventory;
  private final UsedMemory used;
  private final PlacementLimits limits;
  private final PlacementMeters meters;
  private final NanoClock clock;
  private final DeviceLedger ledger = new DeviceLedger();
  private final Survey survey;
  private final Retirement retirement;

  /** Of models that are loaded or being loaded. */
  private final Set<Berths> afloat = ConcurrentHashMap.newKeySet();

  /** When a load last found room. */
  private volatile long lastFoundNanos;

  /** Places the models of a catalog on the devices of an inventory. */
  public Placements(
      ModelCatalog catalog,
      DeviceInventory inventory,
      UsedMemory used,
      PlacementLimits limits,
      PlacementMeters meters,
      NanoClock clock) {
    this.catalog = catalog;
    this.inventory = inventory;
    this.used = used;
    this.limits = limits;
    this.meters = meters;
    this.clock = clock;
    lastFoundNanos = clock.nanos();
    survey = new Survey(catalog, inventory, ledger, limits);
    retirement = new Retirement(catalog);
    meters.watchLost(catalog::lost);
    inventory
        .devices()
        .forEach(device -> meters.watch(device.name(), () -> ledger.takenBytes(device)));
  }

  ModelCatalog catalog() {
    return catalog;
  }

  Retirement retirement() {
    return retirement;
  }

  PlacementMeters meters() {
    return meters;
  }

  PlacementLimits limits() {
    return limits;
  }

  DeviceLedger ledger() {
    return ledger;
  }

  DeviceInventory inventory() {
    return inventory;
  }

  /**
   * Reserves the places of a version that is to be loaded. Waits for requests under way where they
   * are in the way, and for the models that it unloads.
   *
   * @throws ModelLoadException with what is needed, what is free and where
   */
  Berths place(String model, long fileBytes, PlacementSettings settings) {
    long bytes = ledger.expected(model, fileBytes);
    long startedNanos = clock.nanos();
    while (true) {
      // Others that find room show that it comes free: at a start many loads wait in a row.
      long sinceNanos = Math.max(startedNanos, lastFoundNanos);
      boolean patient = clock.nanos() - sinceNanos < limits.patience().toNanos();
      var request =
          new PlacementRequest(model, bytes, settings, patient ? Urgency.CAN_WAIT : Urgency.NOW);
      var found = reserve(request, Own.MAY_GO);
      if (found.isPresent()) {
        var berths = found.get().berths();
        afloatWhile(berths, found.get());
        return berths;
      }
      lookAgainLater(model);
    }
  }

  /** Whether a version would find its places only where other models left theirs. */
  synchronized boolean isCrowded(String model, long fileBytes, PlacementSettings settings) {
    var request =
        new PlacementRequest(model, ledger.expected(model, fileBytes), settings, Urgency.CAN_WAIT);
    return switch (PlacementPolicy.decide(fleet(model, Own.MAY_GO), request)) {
      case Settle settle -> !settle.evicted().isEmpty();
      case Await _ -> true;
      // To be told when it is loaded.
      case Refuse _ -> false;
    };
  }

  /** Reserves a place for one copy of a version that is loaded; empty when there is none. */
  Optional<Berth> placeOne(Berths of, long bytes, PlacementSettings settings) {
    var request = new PlacementRequest(of.model(), bytes, settings, Urgency.NOW);
    try {
      return reserve(request, Own.STAYS).map(found -> moved(found, of));
    } catch (ModelLoadException e) {
      log.warn("No place for another copy: model={} reason={}", of.model(), e.getMessage());
      return Optional.empty();
    }
  }

  private Berth moved(Reservation found, Berths to) {
    afloat.remove(found.berths());
    afloatWhile(found.berths(), found);
    var berth = found.berths().all().getFirst();
    to.add(berth);
    return berth;
  }

  /**
   * Measures the loads at these places until it is closed. What requests wait for and was measured
   * before is not measured again, because measurements take turns.
   */
  Measurement measure(Berths berths, Haste haste) {
    boolean known = haste == Haste.AWAITED && ledger.knows(berths.model());
    return known
        ? new Measurement(ledger, used, List.of())
        : new Measurement(ledger, used, berths.all().stream().map(Berth::device).toList());
  }

  /**
   * Measures one more copy on a device until it is closed; empty while a load there is measured,
   * for which whoever repairs a copy cannot wait.
   */
  Optional<Measurement> measureNow(Device device) {
    return Measurement.now(ledger, used, device);
  }

  private final class Reservation {
    private final Berths berths;
    private final List<CompletableFuture<Void>> closing;

    Reservation(Berths berths, List<CompletableFuture<Void>> closing) {
      this.berths = berths;
      this.closing = closing;
    }

    Berths berths() {
      return berths;
    }

    /** Waits until those who made room are gone. */
    void awaitRoom() {
      try {
        CompletableFuture.allOf(closing.toArray(CompletableFuture[]::new))
            .get(limits.patience().toMillis() + 1, TimeUnit.MILLISECONDS);
      } catch (TimeoutException | ExecutionException e) {
        throw new ModelLoadException(
            "Models that make room for '%s' did not close within %s"
                .formatted(berths.model(), limits.patience()),
            e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new ModelLoadException("The load was interrupted", e);
      }
    }
  }

  private static void afloatWhile(Berths berths, Reservation found) {
    try {
      found.awaitRoom();
    } catch (ModelLoadException e) {
      berths.close();
      throw e;
    }
  }

  /** Empty when it is worth looking again in a moment. */
  private synchronized Optional<Reservation> reserve(PlacementRequest request, Own own) {
    return switch (PlacementPolicy.decide(fleet(request.model(), own), request)) {
      case Settle settle -> reserve(request, settle);
      case Await(var reason) when request.urgency() == Urgency.CAN_WAIT -> {
        log.debug("Model '{}' waits for room: {}", request.model(), reason);
        yield Optional.empty();
      }
      case Await(var reason) -> throw noRoom(request, reason + ", and what is loaded is in use");
      case Refuse(var reason) -> throw noRoom(request, reason);
    };
  }

  private static ModelLoadException noRoom(PlacementRequest request, String reason) {
    return new ModelLoadException(
        "There is no room for model '%s': %s. Free or raise memory, or change 'instances' of the model."
            .formatted(request.model(), reason),
        null);
  }

  private Optional<Reservation> reserve(PlacementRequest request, Settle settle) {
    var closing = new ArrayList<CompletableFuture<Void>>();
    for (var name : settle.evicted()) {
      var model = catalog.entry(name);
      closing.addAll(unload(model, request.model()));
      if (!model.serving().loaded().isEmpty()) {
        // A request came in between.
        return Optional.empty();
      }
    }
    var berths = berths(request, settle.spots());
    lastFoundNanos = clock.nanos();
    afloat.add(berths);
    return Optional.of(new Reservation(berths, closing));
  }

  private List<CompletableFuture<Void>> unload(ServedModel model, String inFavourOf) {
    var before = model.serving().loaded();
    var closing = retirement.putToSleep(model);
    var after = model.serving();
    for (var version : before) {
      if (!after.contains(version)) {
        afloat.remove(version.berths());
        meters.unloaded();
        log.info(
            "Idle model makes room: model={} version={} for={}",
            model.name(),
            version.version(),
            inFavourOf);
      }
    }
    return closing;
  }

  private Berths berths(PlacementRequest request, List<Spot> spots) {
    for (var spot : spots) {
      if (!spot.fallback().isEmpty()) {
        meters.fellBack(request.model());
        log.warn(
            "Model falls back to the processors: model={} reason={}",
            request.model(),
            spot.fallback());
      }
    }
    var berths = spots.stream().map(spot -> berth(request, spot)).toList();
    return new Berths(request.model(), berths, afloat::remove);
  }

  private Berth berth(PlacementRequest request, Spot spot) {
    return new Berth(ledger.reserve(spot.device(), request.bytes()), spot.fallback());
  }

  private Fleet fleet(String wanted, Own own) {
    int models = (int) afloat.stream().map(Berths::model).distinct().count();
    return survey.fleet(wanted, own, models);
  }

  private static void lookAgainLater(String model) {
    LockSupport.parkNanos(LOOK_AGAIN_NANOS);
    if (Thread.currentThread().isInterrupted()) {
      throw new ModelLoadException(
          "The wait for room for model '%s' was interrupted".formatted(model), null);
    }
  }
}
