package dev.millrace.serving.lifecycle;

import dev.millrace.serving.device.Device;
import dev.millrace.serving.lifecycle.Fleet.Hold;
import dev.millrace.serving.lifecycle.Fleet.Place;
import dev.millrace.serving.lifecycle.Fleet.Resident;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The fleet as it will be after the steps decided so far. */
final class PlacementPlan {
  /** A model that takes less of a device than one part in so many is packed tightly. */
  private static final int SMALL = 16;

  private final Fleet fleet;
  private final PlacementRequest request;
  private final Map<Device, Long> room = new HashMap<>();
  private final Map<Device, Integer> own = new HashMap<>();
  private final List<Resident> evicted = new ArrayList<>();

  /** What may still be unloaded, least recently used first; the model's own old version last. */
  private final List<Resident> idle;

  PlacementPlan(Fleet fleet, PlacementRequest request) {
    this.fleet = fleet;
    this.request = request;
    fleet.devices().forEach(place -> room.put(place.device(), place.roomBytes()));
    idle =
        new ArrayList<>(
            fleet.residents().stream()
                .filter(resident -> resident.hold() == Hold.IDLE)
                .sorted(
                    Comparator.comparing(this::isSameModel).thenComparingLong(Resident::lastUse))
                .toList());
  }

  private boolean isSameModel(Resident resident) {
    return resident.model().equals(request.model());
  }

  /** Keeps the number of loaded models within its limit; false when too few are idle. */
  boolean makeRoomForOneMore() {
    boolean replaces = fleet.residents().stream().anyMatch(this::isSameModel);
    int models = fleet.models() + (replaces ? 0 : 1);
    while (fleet.mostModels() > 0 && models > fleet.mostModels()) {
      if (idle.isEmpty()) {
        return false;
      }
      evict(idle.getFirst());
      models--;
    }
    return true;
  }

  List<String> evicted() {
    return evicted.stream().map(Resident::model).toList();
  }

  long room(Device device) {
    return room.getOrDefault(device, 0L);
  }

  /** Whether it would fit if nobody used the models that may go. */
  boolean couldFit(Place place) {
    long pinned =
        fleet.residents().stream()
            .filter(resident -> resident.hold() == Hold.PINNED)
            .mapToLong(resident -> resident.on(place.device()))
            .sum();
    long planned = own.getOrDefault(place.device(), 0) * request.bytes();
    return place.failure().isEmpty() && request.bytes() <= place.budgetBytes() - pinned - planned;
  }

  void take(Device device) {
    room.merge(device, -request.bytes(), Long::sum);
    own.merge(device, 1, Integer::sum);
  }

  /** The best of those that have room. */
  Optional<Device> fitting(List<Place> places) {
    return places.stream()
        .filter(place -> room(place.device()) >= request.bytes())
        .min(preference(places))
        .map(Place::device);
  }

  private Comparator<Place> preference(List<Place> places) {
    Comparator<Place> byRoom = Comparator.comparingLong(place -> room(place.device()));
    return Comparator.<Place>comparingInt(place -> own.getOrDefault(place.device(), 0))
        .thenComparing(isSmall(places) ? byRoom : byRoom.reversed())
        .thenComparingInt(Place::instances)
        .thenComparingInt(place -> place.device().ordinal());
  }

  private boolean isSmall(List<Place> places) {
    return places.stream().allMatch(place -> request.bytes() <= place.budgetBytes() / SMALL);
  }

  /** Unloads idle models from the device where the least recently used ones make enough room. */
  Optional<Device> clearing(List<Place> places) {
    var cheapest =
        places.stream()
            .flatMap(place -> victims(place.device()).stream())
            .min(
                Comparator.comparing(this::unloadsSameModel)
                    .thenComparingLong(Clearing::latestUse)
                    .thenComparingInt(clearing -> clearing.victims().size()));
    cheapest.ifPresent(clearing -> clearing.victims().forEach(this::evict));
    return cheapest.map(Clearing::device);
  }

  private boolean unloadsSameModel(Clearing clearing) {
    return clearing.victims().stream().anyMatch(this::isSameModel);
  }

  private Optional<Clearing> victims(Device device) {
    var victims = new ArrayList<Resident>();
    long room = room(device);
    for (var resident : idle) {
      if (room >= request.bytes()) {
        break;
      }
      if (resident.on(device) > 0) {
        victims.add(resident);
        room += resident.on(device);
      }
    }
    return room >= request.bytes()
        ? Optional.of(new Clearing(device, spared(victims, device, room - request.bytes())))
        : Optional.empty();
  }

  /** Without those that a larger one after them made needless, the most recently used first. */
  private static List<Resident> spared(List<Resident> victims, Device device, long surplus) {
    var needed = new ArrayList<>(victims);
    long left = surplus;
    for (var victim : victims.reversed()) {
      if (victim.on(device) <= left) {
        left -= victim.on(device);
        needed.remove(victim);
      }
    }
    return needed;
  }

  private void evict(Resident resident) {
    idle.remove(resident);
    evicted.add(resident);
    resident.bytes().forEach((device, bytes) -> room.merge(device, bytes, Long::sum));
  }

  private record Clearing(Device device, List<Resident> victims) {
    long latestUse() {
      return victims.stream().mapToLong(Resident::lastUse).max().orElse(Long.MIN_VALUE);
    }
  }
}
