package dev.millrace.serving.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.device.Device;
import dev.millrace.serving.device.DeviceKind;
import dev.millrace.serving.lifecycle.Fleet.Hold;
import dev.millrace.serving.lifecycle.Fleet.Place;
import dev.millrace.serving.lifecycle.Fleet.Resident;
import dev.millrace.serving.lifecycle.InstanceGroup.Kind;
import dev.millrace.serving.lifecycle.PlacementDecision.Settle;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** What docs/decisions/0008-placement.md promises of who is unloaded, for one load. */
final class UnloadingOracle {
  private final Fleet fleet;
  private final PlacementRequest request;

  /** The least recently used first, and the old version of the very model after all others. */
  private final Comparator<Resident> order;

  /** Unloaded so that no more models are loaded than may be. */
  private final List<Resident> outnumbered = new ArrayList<>();

  /** Unloaded so that the copy fits. */
  private final List<Resident> victims = new ArrayList<>();

  UnloadingOracle(Fleet fleet, PlacementRequest request) {
    this.fleet = fleet;
    this.request = request;
    order =
        Comparator.<Resident, Boolean>comparing(this::isSameModel)
            .thenComparingLong(Resident::lastUse);
  }

  /** For any number of copies. */
  void checkOnlyIdleGo(Settle settle) {
    var gone = settle.evicted().stream().map(this::resident).toList();
    assertThat(gone).doesNotHaveDuplicates().allMatch(resident -> resident.hold() == Hold.IDLE);
  }

  /** For one copy. */
  void checkOldestGo(Settle settle) {
    var gone = settle.evicted().stream().map(this::resident).toList();
    int tooMany = tooMany();
    assertThat(gone).hasSizeGreaterThanOrEqualTo(tooMany);
    outnumbered.addAll(gone.subList(0, tooMany));
    outnumbered.forEach(
        resident -> assertThat(staying()).noneMatch(other -> order.compare(other, resident) < 0));
    victims.addAll(gone.subList(tooMany, gone.size()));
    checkVictims(place(settle.spots().getFirst().device()));
  }

  /** For one copy that was not placed. */
  void checkNoUnloadHelps() {
    boolean mayBeLoaded = tooMany() <= idle().count();
    if (mayBeLoaded) {
      places(kindWanted()).forEach(place -> assertNoRoom(place, _ -> true));
    }
  }

  /** How many of the victims' elders stay where the copy goes, because they are too small. */
  long sparedElders(Device device) {
    return victims.stream()
        .max(order)
        .map(
            last ->
                staying()
                    .filter(other -> other.on(device) > 0 && order.compare(other, last) < 0)
                    .count())
        .orElse(0L);
  }

  /** Whether an elder of a victim would have gone, had nobody held it. */
  boolean anyElderIsHeld(Device device) {
    return fleet.residents().stream()
        .filter(resident -> resident.hold() == Hold.LEASED && resident.on(device) > 0)
        .anyMatch(held -> victims.stream().anyMatch(victim -> order.compare(held, victim) < 0));
  }

  /** Whether the old version of the model stays though it was used before a victim. */
  boolean ownStaysBefore() {
    return staying()
        .filter(this::isSameModel)
        .anyMatch(own -> victims.stream().anyMatch(victim -> own.lastUse() < victim.lastUse()));
  }

  int outnumbered() {
    return outnumbered.size();
  }

  int victims() {
    return victims.size();
  }

  private void checkVictims(Place chosen) {
    var kind = chosen.device().kind();
    assertThat(roomWithout(chosen, victims::contains)).isGreaterThanOrEqualTo(request.bytes());
    for (var victim : victims) {
      assertNoRoom(chosen, gone -> victims.contains(gone) && !gone.equals(victim));
      places(kind).forEach(place -> assertNoRoom(place, _ -> false));
      places(kind).forEach(place -> assertNoRoom(place, elderThan(victims.stream().max(order))));
      checkNoElderWouldDo(chosen, victim);
    }
    if (kind != kindWanted()) {
      places(kindWanted()).forEach(gpu -> assertNoRoom(gpu, _ -> true));
    }
  }

  private void checkNoElderWouldDo(Place chosen, Resident victim) {
    staying()
        .filter(elder -> order.compare(elder, victim) < 0)
        .forEach(
            elder ->
                assertNoRoom(
                    chosen,
                    gone ->
                        gone.equals(elder) || (victims.contains(gone) && !gone.equals(victim))));
  }

  private void assertNoRoom(Place place, Predicate<Resident> goes) {
    assertThat(roomWithout(place, goes))
        .as("room on %s for %s, where %s went", place, request, victims)
        .isLessThan(request.bytes());
  }

  private Predicate<Resident> elderThan(Optional<Resident> last) {
    return resident -> last.isPresent() && order.compare(resident, last.get()) < 0;
  }

  /** Room on a device once the outnumbered are gone, and of the other idle ones those that go. */
  private long roomWithout(Place place, Predicate<Resident> goes) {
    return place.roomBytes()
        + idle()
            .filter(resident -> outnumbered.contains(resident) || goes.test(resident))
            .mapToLong(resident -> resident.on(place.device()))
            .sum();
  }

  private Stream<Resident> idle() {
    return fleet.residents().stream().filter(resident -> resident.hold() == Hold.IDLE);
  }

  private Stream<Resident> staying() {
    return idle()
        .filter(resident -> !outnumbered.contains(resident) && !victims.contains(resident));
  }

  private int tooMany() {
    boolean replaces = fleet.residents().stream().anyMatch(this::isSameModel);
    int models = fleet.models() + (replaces ? 0 : 1);
    return fleet.mostModels() == 0 ? 0 : Math.max(models - fleet.mostModels(), 0);
  }

  private DeviceKind kindWanted() {
    return request.settings().groups().getFirst().kind() == Kind.CPU
        ? DeviceKind.CPU
        : DeviceKind.GPU;
  }

  /** Those that work. */
  private List<Place> places(DeviceKind kind) {
    return fleet.ofKind(kind).stream().filter(place -> place.failure().isEmpty()).toList();
  }

  private Place place(Device device) {
    return fleet.devices().stream()
        .filter(place -> place.device().equals(device))
        .findFirst()
        .orElseThrow();
  }

  private Resident resident(String model) {
    return fleet.residents().stream()
        .filter(resident -> resident.model().equals(model))
        .findFirst()
        .orElseThrow();
  }

  private boolean isSameModel(Resident resident) {
    return resident.model().equals(request.model());
  }
}
