package dev.millrace.serving.lifecycle;

import dev.millrace.serving.device.Device;
import dev.millrace.serving.device.DeviceKind;
import dev.millrace.serving.lifecycle.Fleet.Hold;
import dev.millrace.serving.lifecycle.Fleet.Place;
import dev.millrace.serving.lifecycle.Fleet.Resident;
import dev.millrace.serving.lifecycle.InstanceGroup.Kind;
import dev.millrace.serving.lifecycle.PlacementDecision.Settle;
import dev.millrace.serving.lifecycle.PlacementRequest.Urgency;
import dev.millrace.serving.lifecycle.PlacementSettings.Fallback;
import dev.millrace.serving.lifecycle.PlacementSettings.Residence;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * One history of requests, leases, loads and memory that others take, from a seed. Who is unloaded
 * for each load is checked by {@link UnloadingOracle}.
 */
final class PlacementHistory {
  private static final int STEPS = 150;
  private static final int MODELS = 16;
  private static final long BUDGET = 1_000;
  private static final List<Kind> KINDS = List.of(Kind.AUTO, Kind.AUTO, Kind.GPU, Kind.CPU);

  private final SplittableRandom random;
  private final List<Device> devices = new ArrayList<>();
  private final Map<Device, Long> takenByOthers = new HashMap<>();
  private final Map<String, Resident> loaded = new LinkedHashMap<>();
  private final int mostModels;
  private final String failure;
  private final Tally tally = new Tally();

  /** As {@link UseEpoch}: it moves on with each load and each unload. */
  private long epoch = 1;

  /** What happened. */
  static final class Tally {
    int unloaded;
    int outnumbered;
    int refused;
    int eldersSpared;
    int eldersHeld;
    int ownKept;
    int fellBack;
  }

  PlacementHistory(long seed) {
    random = new SplittableRandom(seed);
    devices.add(new Device(DeviceKind.CPU, 0, "", 4));
    for (int i = random.nextInt(3); i > 0; i--) {
      devices.add(new Device(DeviceKind.GPU, i, "GPU-" + i, 1));
    }
    mostModels = random.nextInt(3) == 0 ? 3 + random.nextInt(4) : 0;
    failure = random.nextInt(6) == 0 ? "broken" : "";
  }

  Tally play() {
    for (int step = 0; step < STEPS; step++) {
      switch (random.nextInt(12)) {
        case 0 -> squeeze();
        case 1, 2 -> hold(anyModel(), Hold.LEASED);
        case 3, 4 -> hold(anyModel(), Hold.IDLE);
        case 5 -> load(anyModel());
        default -> use(anyModel());
      }
    }
    return tally;
  }

  private String anyModel() {
    // Some are asked for more often than others.
    return "m" + random.nextInt(1 + random.nextInt(MODELS));
  }

  private void squeeze() {
    takenByOthers.put(devices.get(random.nextInt(devices.size())), random.nextLong(BUDGET / 2));
  }

  private void use(String model) {
    var now = loaded.get(model);
    if (now == null) {
      load(model);
    } else {
      loaded.put(model, new Resident(model, epoch, now.hold(), now.bytes()));
    }
  }

  private void hold(String model, Hold hold) {
    loaded.computeIfPresent(
        model,
        (_, now) ->
            now.hold() == Hold.PINNED
                ? now
                : new Resident(
                    model, hold == Hold.LEASED ? epoch : now.lastUse(), hold, now.bytes()));
  }

  private void load(String model) {
    var fleet = fleet();
    var request = request(model);
    var oracle = new UnloadingOracle(fleet, request);
    boolean oneCopy = request.settings().groups().getFirst().count() == 1;
    switch (PlacementPolicy.decide(fleet, request)) {
      case Settle settle -> {
        oracle.checkOnlyIdleGo(settle);
        if (oneCopy) {
          oracle.checkOldestGo(settle);
          count(oracle, settle);
        }
        settle(request, settle);
      }
      case PlacementDecision.Await _, PlacementDecision.Refuse _ -> {
        if (oneCopy) {
          oracle.checkNoUnloadHelps();
        }
        tally.refused++;
      }
    }
  }

  private void count(UnloadingOracle oracle, Settle settle) {
    var spot = settle.spots().getFirst();
    tally.unloaded += oracle.victims();
    tally.outnumbered += oracle.outnumbered();
    tally.eldersSpared += (int) oracle.sparedElders(spot.device());
    tally.eldersHeld += oracle.anyElderIsHeld(spot.device()) ? 1 : 0;
    tally.ownKept += oracle.ownStaysBefore() ? 1 : 0;
    tally.fellBack += spot.fallback().isEmpty() || oracle.victims() == 0 ? 0 : 1;
  }

  private void settle(PlacementRequest request, Settle settle) {
    settle.evicted().forEach(loaded::remove);
    epoch += settle.evicted().size() + 1;
    var bytes = new HashMap<Device, Long>();
    settle.spots().forEach(spot -> bytes.merge(spot.device(), request.bytes(), Long::sum));
    var hold = random.nextInt(10) == 0 ? Hold.PINNED : Hold.IDLE;
    loaded.put(request.model(), new Resident(request.model(), epoch, hold, Map.copyOf(bytes)));
  }

  private PlacementRequest request(String model) {
    var group =
        new InstanceGroup(
            random.nextInt(5) == 0 ? 2 : 1, KINDS.get(random.nextInt(KINDS.size())), List.of());
    return new PlacementRequest(
        model,
        1 + random.nextLong(random.nextInt(3) == 0 ? BUDGET / 2 : BUDGET / 8),
        new PlacementSettings(
            List.of(group),
            random.nextInt(4) == 0 ? Fallback.FORBIDDEN : Fallback.CPU,
            Residence.ON_DEMAND),
        random.nextBoolean() ? Urgency.NOW : Urgency.CAN_WAIT);
  }

  private Fleet fleet() {
    var residents = List.copyOf(loaded.values());
    return new Fleet(
        devices.stream().map(device -> place(device, residents)).toList(),
        residents,
        loaded.size(),
        mostModels);
  }

  private Place place(Device device, List<Resident> residents) {
    long taken = residents.stream().mapToLong(resident -> resident.on(device)).sum();
    long room = BUDGET - taken - takenByOthers.getOrDefault(device, 0L);
    int copies = (int) residents.stream().filter(resident -> resident.on(device) > 0).count();
    return new Place(
        device, device.ordinal() == 2 ? failure : "", BUDGET, Math.max(room, 0), copies);
  }
}
