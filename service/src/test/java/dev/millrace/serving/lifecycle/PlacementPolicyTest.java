package dev.millrace.serving.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.device.Device;
import dev.millrace.serving.device.DeviceKind;
import dev.millrace.serving.lifecycle.Fleet.Hold;
import dev.millrace.serving.lifecycle.Fleet.Place;
import dev.millrace.serving.lifecycle.Fleet.Resident;
import dev.millrace.serving.lifecycle.InstanceGroup.Kind;
import dev.millrace.serving.lifecycle.PlacementDecision.Await;
import dev.millrace.serving.lifecycle.PlacementDecision.Refuse;
import dev.millrace.serving.lifecycle.PlacementDecision.Settle;
import dev.millrace.serving.lifecycle.PlacementDecision.Spot;
import dev.millrace.serving.lifecycle.PlacementRequest.Urgency;
import dev.millrace.serving.lifecycle.PlacementSettings.Fallback;
import dev.millrace.serving.lifecycle.PlacementSettings.Residence;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PlacementPolicyTest {
  private static final Device CPU = new Device(DeviceKind.CPU, 0, "", 4);
  private static final Device GPU0 = new Device(DeviceKind.GPU, 0, "GPU-0", 1);
  private static final Device GPU1 = new Device(DeviceKind.GPU, 1, "GPU-1", 1);

  @Test
  void prefersAGpuWithRoom() {
    assertThat(decide(fleet(cpu(900), gpu(GPU0, 300)), 200, auto()))
        .isEqualTo(settled(new Spot(GPU0, "")));
  }

  @Test
  void takesTheGpuWithMostFreeMemory() {
    assertThat(decide(fleet(cpu(900), gpu(GPU0, 300), gpu(GPU1, 500)), 200, auto()))
        .isEqualTo(settled(new Spot(GPU1, "")));
  }

  @Test
  void takesTheIdlerOfTwoEqualGpus() {
    var busy = new Place(GPU0, "", 1_000, 500, 7);
    assertThat(decide(fleet(cpu(900), busy, gpu(GPU1, 500)), 200, auto()))
        .isEqualTo(settled(new Spot(GPU1, "")));
  }

  @Test
  void putsASmallModelWhereItLeavesTheSmallestHole() {
    assertThat(decide(fleet(cpu(900), gpu(GPU0, 900), gpu(GPU1, 50)), 40, auto()))
        .isEqualTo(settled(new Spot(GPU1, "")));
  }

  @Test
  void keepsCopiesApart() {
    var two = settings(Fallback.CPU, new InstanceGroup(2, Kind.GPU, List.of()));
    assertThat(decide(fleet(cpu(900), gpu(GPU0, 900), gpu(GPU1, 300)), 200, two))
        .isEqualTo(settled(new Spot(GPU0, ""), new Spot(GPU1, "")));
  }

  @Test
  void putsTheCountOnEachDeviceNamed() {
    var named =
        settings(
            Fallback.CPU,
            new InstanceGroup(2, Kind.GPU, List.of(1)),
            new InstanceGroup(1, Kind.CPU, List.of()));
    assertThat(decide(fleet(cpu(900), gpu(GPU0, 900), gpu(GPU1, 900)), 100, named))
        .isEqualTo(settled(new Spot(GPU1, ""), new Spot(GPU1, ""), new Spot(CPU, "")));
  }

  @Test
  void putsTheCountOnEachGpuThatHasNotFailed() {
    var each = settings(Fallback.CPU, new InstanceGroup(2, Kind.EACH_GPU, List.of()));
    assertThat(decide(fleet(cpu(900), gpu(GPU0, 300), gpu(GPU1, 900)), 100, each))
        .isEqualTo(
            settled(
                new Spot(GPU0, ""), new Spot(GPU0, ""), new Spot(GPU1, ""), new Spot(GPU1, "")));
    var failed = new Place(GPU0, "gone", 1_000, 500, 0);
    assertThat(decide(fleet(cpu(900), failed, gpu(GPU1, 900)), 100, each))
        .isEqualTo(settled(new Spot(GPU1, ""), new Spot(GPU1, "")));
    assertThat(decide(fleet(cpu(900)), 100, each)).isInstanceOf(Settle.class);
    var never = settings(Fallback.FORBIDDEN, new InstanceGroup(1, Kind.EACH_GPU, List.of()));
    assertThat(decide(fleet(cpu(900)), 100, never)).isInstanceOf(Refuse.class);
    assertThat(decide(fleet(cpu(900), failed), 100, never)).isInstanceOf(Refuse.class);
  }

  @Test
  void unloadsTheLeastRecentlyUsedIdleModelsAndNoMoreThanNeeded() {
    var residents =
        List.of(
            resident("new", 9, Hold.IDLE, GPU0, 300),
            resident("small", 1, Hold.IDLE, GPU0, 50),
            resident("old", 2, Hold.IDLE, GPU0, 300),
            resident("leased", 0, Hold.LEASED, GPU0, 300));
    assertThat(decide(fleet(residents, 0, cpu(900), gpu(GPU0, 50)), 300, onGpu(Fallback.CPU)))
        .isEqualTo(new Settle(List.of(new Spot(GPU0, "")), List.of("old")));
  }

  @Test
  void fallsBackToTheProcessorsWhereTheModelAllowsItAndSaysWhy() {
    var pinned = List.of(resident("p", 1, Hold.PINNED, GPU0, 900));
    assertThat(decide(fleet(pinned, 0, cpu(900), gpu(GPU0, 100)), 200, onGpu(Fallback.CPU)))
        .isEqualTo(
            settled(
                new Spot(CPU, "it needs 200 bytes, and cuda:0 has 100 bytes free of 1000 bytes")));
  }

  @Test
  void neverFallsBackWhereTheModelForbidsIt() {
    var pinned = List.of(resident("p", 1, Hold.PINNED, GPU0, 900));
    assertThat(decide(fleet(pinned, 0, cpu(900), gpu(GPU0, 100)), 200, onGpu(Fallback.FORBIDDEN)))
        .isEqualTo(
            new Refuse(
                "it needs 200 bytes, and cuda:0 has 100 bytes free of 1000 bytes. Running on the processors is forbidden for this model (cpu-fallback: false)"));
  }

  @Test
  void aModelForAnyDeviceRunsOnAMachineWithoutGpusWithoutAWord() {
    assertThat(decide(fleet(cpu(900)), 200, auto())).isEqualTo(settled(new Spot(CPU, "")));
    assertThat(decide(fleet(cpu(900)), 200, onGpu(Fallback.CPU)))
        .isEqualTo(settled(new Spot(CPU, "it needs 200 bytes, and there is no such device")));
  }

  @Test
  void waitsForLeasedModelsBeforeItFallsBack() {
    var leased = List.of(resident("l", 1, Hold.LEASED, GPU0, 900));
    var fleet = fleet(leased, 0, cpu(900), gpu(GPU0, 100));
    assertThat(PlacementPolicy.decide(fleet, request(200, auto(), Urgency.CAN_WAIT)))
        .isInstanceOf(Await.class);
    assertThat(PlacementPolicy.decide(fleet, request(200, auto(), Urgency.NOW)))
        .isInstanceOf(Settle.class);
  }

  @Test
  void givesNothingToADeviceThatFailed() {
    var failed = new Place(GPU0, "3 uncorrectable memory errors", 1_000, 1_000, 0);
    assertThat(decide(fleet(cpu(900), failed), 200, onGpu(Fallback.FORBIDDEN)))
        .isEqualTo(
            new Refuse(
                "it needs 200 bytes, and cuda:0 has failed: 3 uncorrectable memory errors. Running on the processors is forbidden for this model (cpu-fallback: false)"));
  }

  @Test
  void refusesWhatNoDeviceCouldEverHold() {
    assertThat(decide(fleet(cpu(900)), 2_000, auto()))
        .isEqualTo(new Refuse("it needs 2.0 KiB, and cpu has 900 bytes free of 1000 bytes"));
  }

  @Test
  void keepsTheNumberOfLoadedModels() {
    var residents =
        List.of(resident("a", 5, Hold.IDLE, CPU, 10), resident("b", 3, Hold.IDLE, CPU, 10));
    assertThat(decide(fleet(residents, 2, cpu(900)), 10, auto()))
        .isEqualTo(new Settle(List.of(new Spot(CPU, "")), List.of("b")));
  }

  @Test
  void aNewVersionTakesTheSlotOfItsModel() {
    var residents =
        List.of(resident("m", 5, Hold.LEASED, CPU, 10), resident("b", 3, Hold.LEASED, CPU, 10));
    assertThat(decide(fleet(residents, 2, cpu(900)), 10, auto()))
        .isEqualTo(settled(new Spot(CPU, "")));
  }

  @Test
  void waitsWhenAllLoadedModelsAreInUse() {
    var residents = List.of(resident("a", 5, Hold.LEASED, CPU, 10));
    assertThat(decide(fleet(residents, 1, cpu(900)), 10, auto()))
        .isEqualTo(
            new Await(
                "1 models may be loaded at a time (MILLRACE_MAX_LOADED_MODELS), and all of them are in use"));
  }

  @Test
  void unloadsTheOldVersionOfTheModelItselfLast() {
    var residents =
        List.of(resident("m", 1, Hold.IDLE, CPU, 100), resident("other", 9, Hold.IDLE, CPU, 100));
    assertThat(decide(fleet(residents, 0, cpu(0)), 100, auto()))
        .isEqualTo(new Settle(List.of(new Spot(CPU, "")), List.of("other")));
  }

  private static PlacementDecision decide(Fleet fleet, long bytes, PlacementSettings settings) {
    return PlacementPolicy.decide(fleet, request(bytes, settings, Urgency.NOW));
  }

  private static PlacementRequest request(long bytes, PlacementSettings settings, Urgency urgency) {
    return new PlacementRequest("m", bytes, settings, urgency);
  }

  private static Settle settled(Spot... spots) {
    return new Settle(List.of(spots), List.of());
  }

  private static PlacementSettings auto() {
    return PlacementSettings.copies(1);
  }

  private static PlacementSettings onGpu(Fallback fallback) {
    return settings(fallback, new InstanceGroup(1, Kind.GPU, List.of()));
  }

  private static PlacementSettings settings(Fallback fallback, InstanceGroup... groups) {
    return new PlacementSettings(List.of(groups), fallback, Residence.ON_DEMAND);
  }

  private static Place cpu(long room) {
    return new Place(CPU, "", 1_000, room, 0);
  }

  private static Place gpu(Device device, long room) {
    return new Place(device, "", 1_000, room, 0);
  }

  private static Fleet fleet(Place... places) {
    return fleet(List.of(), 0, places);
  }

  private static Fleet fleet(List<Resident> residents, int mostModels, Place... places) {
    return new Fleet(List.of(places), residents, residents.size(), mostModels);
  }

  private static Resident resident(
      String model, long lastUse, Hold hold, Device device, long bytes) {
    return new Resident(model, lastUse, hold, Map.of(device, bytes));
  }
}
