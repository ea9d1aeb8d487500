package dev.millrace.serving.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.device.Device;
import dev.millrace.serving.device.DeviceKind;
import dev.millrace.serving.lifecycle.Fleet.Hold;
import dev.millrace.serving.lifecycle.Fleet.Place;
import dev.millrace.serving.lifecycle.Fleet.Resident;
import dev.millrace.serving.lifecycle.InstanceGroup.Kind;
import dev.millrace.serving.lifecycle.PlacementDecision.Settle;
import dev.millrace.serving.lifecycle.PlacementDecision.Spot;
import dev.millrace.serving.lifecycle.PlacementRequest.Urgency;
import dev.millrace.serving.lifecycle.PlacementSettings.Fallback;
import dev.millrace.serving.lifecycle.PlacementSettings.Residence;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What holds for every fleet, tried on generated ones; a failure names its seed. */
class PlacementPropertiesTest {
  private static final int FLEETS = 20_000;
  private static final List<Hold> HOLDS = List.of(Hold.IDLE, Hold.IDLE, Hold.LEASED, Hold.PINNED);
  private static final List<Kind> KINDS = List.of(Kind.AUTO, Kind.CPU, Kind.GPU);
  private static final Device CPU = new Device(DeviceKind.CPU, 0, "", 4);

  @Test
  void neverBreaksABudgetNeverUnloadsWhatIsHeldAndFallsBackOnlyWhereAllowed() {
    int settled = 0;
    int evicting = 0;
    int refused = 0;
    for (int seed = 0; seed < FLEETS; seed++) {
      var random = new SplittableRandom(seed);
      var fleet = fleet(random);
      var request = request(random);
      switch (PlacementPolicy.decide(fleet, request)) {
        case Settle settle -> {
          check(fleet, request, settle, seed);
          settled++;
          evicting += settle.evicted().isEmpty() ? 0 : 1;
        }
        case PlacementDecision.Await _, PlacementDecision.Refuse _ -> {
          if (request.settings().groups().size() == 1) {
            requireNoFreeRoom(fleet, request, seed);
          }
          refused++;
        }
      }
    }
    // The generator reaches all cases.
    assertThat(List.of(settled, evicting, refused)).allMatch(count -> count > FLEETS / 20);
  }

  private static void check(Fleet fleet, PlacementRequest request, Settle settle, int seed) {
    var gone =
        fleet.residents().stream().filter(r -> settle.evicted().contains(r.model())).toList();
    assertThat(gone).as("seed %d", seed).allMatch(r -> r.hold() == Hold.IDLE);
    requireBudget(fleet, request, settle, gone, seed);
    requireKinds(request, settle.spots(), seed);
    requireModelLimit(fleet, request, gone, seed);
    for (var spot : settle.spots()) {
      assertThat(place(fleet, spot.device()).failure()).as("seed %d", seed).isEmpty();
    }
    if (settle.spots().size() == 1 && fleet.mostModels() == 0) {
      requireNoNeedlessEviction(fleet, request, settle, gone, seed);
    }
  }

  private static void requireBudget(
      Fleet fleet, PlacementRequest request, Settle settle, List<Resident> gone, int seed) {
    var added = new HashMap<Device, Long>();
    settle.spots().forEach(spot -> added.merge(spot.device(), request.bytes(), Long::sum));
    added.forEach(
        (device, bytes) ->
            assertThat(bytes)
                .as("seed %d", seed)
                .isLessThanOrEqualTo(place(fleet, device).roomBytes() + sum(gone, device)));
  }

  private static void requireKinds(PlacementRequest request, List<Spot> spots, int seed) {
    int expected = 0;
    for (var group : request.settings().groups()) {
      int devices = group.kind() == Kind.CPU ? 1 : Math.max(group.devices().size(), 1);
      for (int i = 0; i < devices * group.count(); i++) {
        requireKind(request, group, spots.get(expected), seed);
        expected++;
      }
    }
    assertThat(spots).as("seed %d", seed).hasSize(expected);
  }

  private static void requireKind(
      PlacementRequest request, InstanceGroup group, Spot spot, int seed) {
    if (spot.device().kind() == DeviceKind.CPU) {
      assertThat(group.kind() == Kind.CPU || request.settings().fallback() == Fallback.CPU)
          .as("seed %d", seed)
          .isTrue();
      assertThat(spot.fallback().isEmpty() || group.kind() != Kind.CPU)
          .as("seed %d", seed)
          .isTrue();
    } else {
      assertThat(group.kind()).as("seed %d", seed).isNotEqualTo(Kind.CPU);
      assertThat(spot.fallback()).as("seed %d", seed).isEmpty();
      assertThat(group.devices().isEmpty() || group.devices().contains(spot.device().ordinal()))
          .as("seed %d", seed)
          .isTrue();
    }
  }

  private static void requireModelLimit(
      Fleet fleet, PlacementRequest request, List<Resident> gone, int seed) {
    if (fleet.mostModels() > 0) {
      boolean replaces =
          fleet.residents().stream().anyMatch(r -> r.model().equals(request.model()));
      assertThat(fleet.models() + (replaces ? 0 : 1) - gone.size())
          .as("seed %d", seed)
          .isLessThanOrEqualTo(fleet.mostModels());
    }
  }

  private static void requireNoNeedlessEviction(
      Fleet fleet, PlacementRequest request, Settle settle, List<Resident> gone, int seed) {
    var device = settle.spots().getFirst().device();
    for (var victim : gone) {
      assertThat(place(fleet, device).roomBytes() + sum(gone, device) - victim.on(device))
          .as("seed %d: %s need not go", seed, victim)
          .isLessThan(request.bytes());
    }
  }

  /** One copy is refused only when no device that it may be on has room as it is. */
  private static void requireNoFreeRoom(Fleet fleet, PlacementRequest request, int seed) {
    var group = request.settings().groups().getFirst();
    if (group.count() > 1 || !group.devices().isEmpty() || fleet.mostModels() > 0) {
      return;
    }
    assertThat(fleet.devices())
        .as("seed %d", seed)
        .noneMatch(
            place ->
                place.failure().isEmpty()
                    && place.roomBytes() >= request.bytes()
                    && (place.device().kind() == DeviceKind.GPU
                        ? group.kind() != Kind.CPU
                        : group.kind() == Kind.CPU));
  }

  private static Fleet fleet(SplittableRandom random) {
    var devices = new ArrayList<Device>(List.of(CPU));
    IntStream.range(0, random.nextInt(4))
        .forEach(i -> devices.add(new Device(DeviceKind.GPU, i, "GPU-" + i, 1)));
    var residents = new ArrayList<Resident>();
    for (int i = 0; i < random.nextInt(12); i++) {
      residents.add(resident(random, i, devices));
    }
    var places = devices.stream().map(device -> place(random, device, residents)).toList();
    int models = residents.size() + random.nextInt(2);
    return new Fleet(
        places, residents, models, random.nextInt(3) == 0 ? models + 1 - random.nextInt(3) : 0);
  }

  private static Resident resident(SplittableRandom random, int number, List<Device> devices) {
    var bytes = new HashMap<Device, Long>();
    for (int copies = 1 + random.nextInt(2); copies > 0; copies--) {
      bytes.merge(devices.get(random.nextInt(devices.size())), 1L + random.nextInt(300), Long::sum);
    }
    var hold = HOLDS.get(random.nextInt(HOLDS.size()));
    return new Resident("r" + number, random.nextInt(1_000), hold, Map.copyOf(bytes));
  }

  private static Place place(SplittableRandom random, Device device, List<Resident> residents) {
    long taken = sum(residents, device);
    long room = random.nextInt(3) == 0 ? random.nextInt(600) : 0;
    var failure = random.nextInt(8) == 0 ? "broken" : "";
    return new Place(device, failure, taken + room, room, random.nextInt(5));
  }

  private static PlacementRequest request(SplittableRandom random) {
    var groups = new ArrayList<InstanceGroup>();
    for (int i = 1 + random.nextInt(2); i > 0; i--) {
      var kind = KINDS.get(random.nextInt(KINDS.size()));
      List<Integer> named = random.nextInt(3) == 0 ? List.of(random.nextInt(3)) : List.of();
      groups.add(new InstanceGroup(1 + random.nextInt(3), kind, named));
    }
    var fallback = random.nextBoolean() ? Fallback.CPU : Fallback.FORBIDDEN;
    var model = random.nextInt(4) == 0 ? "r0" : "wanted";
    var urgency = random.nextBoolean() ? Urgency.NOW : Urgency.CAN_WAIT;
    return new PlacementRequest(
        model,
        1L + random.nextInt(250),
        new PlacementSettings(groups, fallback, Residence.ON_DEMAND),
        urgency);
  }

  private static Place place(Fleet fleet, Device device) {
    return fleet.devices().stream()
        .filter(place -> place.device().equals(device))
        .findFirst()
        .orElseThrow();
  }

  private static long sum(List<Resident> residents, Device device) {
    return residents.stream().mapToLong(resident -> resident.on(device)).sum();
  }
}
