package dev.millrace.serving.lifecycle;

import dev.millrace.serving.device.Device;
import dev.millrace.serving.device.DeviceKind;
import dev.millrace.serving.lifecycle.Fleet.Place;
import dev.millrace.serving.lifecycle.InstanceGroup.Kind;
import dev.millrace.serving.lifecycle.PlacementDecision.Await;
import dev.millrace.serving.lifecycle.PlacementDecision.Refuse;
import dev.millrace.serving.lifecycle.PlacementDecision.Settle;
import dev.millrace.serving.lifecycle.PlacementDecision.Spot;
import dev.millrace.serving.lifecycle.PlacementRequest.Urgency;
import dev.millrace.serving.lifecycle.PlacementSettings.Fallback;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Decides where the copies of one model go; a pure function of the fleet.
 *
 * <p>Problem: packing into a few bins while things come and go, where moving costs a load. Choice:
 * greedy, copy by copy. A GPU with room, else a GPU from which idle models are unloaded, the least
 * recently used first, else, where the model allows it, the processors. Small models go where they
 * leave the smallest hole (best fit), so that big holes stay for big models; others go where most
 * memory is free, then to the device with the fewest copies. Copies of one model keep apart. Cost:
 * copies times devices times residents. See docs/decisions/0008-placement.md.
 */
final class PlacementPolicy {
  private final Fleet fleet;
  private final PlacementRequest request;
  private final PlacementPlan plan;
  private final List<Spot> spots = new ArrayList<>();

  private PlacementPolicy(Fleet fleet, PlacementRequest request) {
    this.fleet = fleet;
    this.request = request;
    plan = new PlacementPlan(fleet, request);
  }

  static PlacementDecision decide(Fleet fleet, PlacementRequest request) {
    return new PlacementPolicy(fleet, request).decide();
  }

  private PlacementDecision decide() {
    if (!plan.makeRoomForOneMore()) {
      return new Await(
          "%d models may be loaded at a time (MILLRACE_MAX_LOADED_MODELS), and all of them are in use"
              .formatted(fleet.mostModels()));
    }
    for (var group : request.settings().groups()) {
      var problem = placeAll(group);
      if (problem.isPresent()) {
        return problem.get();
      }
    }
    return new Settle(List.copyOf(spots), plan.evicted());
  }

  private Optional<PlacementDecision> placeAll(InstanceGroup group) {
    for (var gpus : choices(group)) {
      for (int i = 0; i < group.count(); i++) {
        var problem = place(group.kind(), gpus);
        if (problem.isPresent()) {
          return problem;
        }
      }
    }
    return Optional.empty();
  }

  /**
   * The GPUs that may take each copy: one list per device that the group names or means, else one
   * of all.
   */
  private List<List<Place>> choices(InstanceGroup group) {
    var gpus = fleet.ofKind(DeviceKind.GPU);
    if (group.devices().isEmpty() || group.kind() == Kind.CPU) {
      var sound = gpus.stream().filter(gpu -> gpu.failure().isEmpty()).toList();
      return group.kind() == Kind.EACH_GPU && !sound.isEmpty()
          ? sound.stream().map(List::of).toList()
          : List.of(gpus);
    }
    return group.devices().stream().map(ordinal -> named(gpus, ordinal)).toList();
  }

  private static List<Place> named(List<Place> gpus, int ordinal) {
    return gpus.stream().filter(gpu -> gpu.device().ordinal() == ordinal).toList();
  }

  private Optional<PlacementDecision> place(Kind kind, List<Place> gpus) {
    var processors = fleet.ofKind(DeviceKind.CPU);
    if (kind == Kind.CPU) {
      return placeOn(processors, "") ? Optional.empty() : Optional.of(shortage(processors, ""));
    }
    if (placeOn(gpus, "")) {
      return Optional.empty();
    }
    return withoutGpu(gpus, processors, fallbackReason(kind, gpus));
  }

  private Optional<PlacementDecision> withoutGpu(
      List<Place> gpus, List<Place> processors, String reason) {
    boolean worthWaiting =
        request.urgency() == Urgency.CAN_WAIT && gpus.stream().anyMatch(plan::couldFit);
    if (request.settings().fallback() == Fallback.FORBIDDEN) {
      return Optional.of(
          shortage(
              gpus,
              ". Running on the processors is forbidden for this model (cpu-fallback: false)"));
    }
    if (worthWaiting) {
      return Optional.of(new Await(describe(gpus)));
    }
    return placeOn(processors, reason) ? Optional.empty() : Optional.of(shortage(processors, ""));
  }

  /** A model for any device loses nothing on a machine without GPUs. */
  private String fallbackReason(Kind kind, List<Place> gpus) {
    return kind == Kind.AUTO && fleet.ofKind(DeviceKind.GPU).isEmpty() ? "" : describe(gpus);
  }

  private boolean placeOn(List<Place> places, String fallback) {
    var usable = places.stream().filter(place -> place.failure().isEmpty()).toList();
    var chosen = plan.fitting(usable).or(() -> plan.clearing(usable));
    chosen.ifPresent(device -> take(device, fallback));
    return chosen.isPresent();
  }

  private void take(Device device, String fallback) {
    plan.take(device);
    spots.add(new Spot(device, fallback));
  }

  private PlacementDecision shortage(List<Place> places, String wayOut) {
    var reason = describe(places) + wayOut;
    return places.stream().anyMatch(plan::couldFit) ? new Await(reason) : new Refuse(reason);
  }

  private String describe(List<Place> places) {
    if (places.isEmpty()) {
      return "it needs %s, and there is no such device".formatted(Bytes.text(request.bytes()));
    }
    return "it needs %s, and %s"
        .formatted(
            Bytes.text(request.bytes()),
            String.join(", ", places.stream().map(this::describe).toList()));
  }

  private String describe(Place place) {
    return place.failure().isEmpty()
        ? "%s has %s free of %s"
            .formatted(
                place.device().name(),
                Bytes.text(plan.room(place.device())),
                Bytes.text(place.budgetBytes()))
        : "%s has failed: %s".formatted(place.device().name(), withoutPeriod(place.failure()));
  }

  /** A sentence, or several, that go on in another. */
  private static String withoutPeriod(String sentences) {
    return sentences.endsWith(".") ? sentences.substring(0, sentences.length() - 1) : sentences;
  }
}
