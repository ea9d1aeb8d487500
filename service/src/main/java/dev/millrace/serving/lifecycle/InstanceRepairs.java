package dev.millrace.serving.lifecycle;

import dev.millrace.serving.device.Device;
import dev.millrace.serving.device.DeviceKind;
import dev.millrace.serving.lifecycle.Berths.Berth;
import dev.millrace.serving.lifecycle.InstanceGroup.Kind;
import dev.millrace.serving.lifecycle.PlacementSettings.Fallback;
import dev.millrace.serving.runtime.ExecutableModel;
import dev.millrace.serving.runtime.ModelRunException;
import dev.millrace.serving.scheduling.InstanceRepair;
import dev.millrace.serving.scheduling.Zeros;
import dev.millrace.serving.time.NanoClock;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens another copy of one version in place of a broken one: on the same device where there is
 * room for more than the last one was thought to take, else wherever the model may be. Its first
 * runs take turns with the other models of the device; the worker holds no turn meanwhile.
 */
final class InstanceRepairs implements InstanceRepair {
  private static final Logger log = LoggerFactory.getLogger(InstanceRepairs.class);

  private final VersionOpening opening;
  private final Berths berths;
  private final Placements placements;
  private final NanoClock clock;
  private final RepairPace pace = new RepairPace();

  InstanceRepairs(VersionOpening opening, Berths berths, Placements placements, NanoClock clock) {
    this.opening = opening.inWorkers();
    this.berths = berths;
    this.placements = placements;
    this.clock = clock;
  }

  /** Too soon after another repair it goes on with the broken copy, which may still do for less. */
  @Override
  public Optional<ExecutableModel> replace(ExecutableModel broken, ModelRunException cause) {
    return pace.begin(clock.nanos()) ? replaced(broken, cause) : Optional.of(broken);
  }

  private Optional<ExecutableModel> replaced(ExecutableModel broken, ModelRunException cause) {
    close(broken);
    var left = berths.vacate(broken);
    var replacement = left.flatMap(this::replaced);
    if (replacement.isPresent()) {
      placements.meters().replaced(berths.model());
      log.warn(
          "Copy replaced: model={} version={} was={} now={} cause={}",
          berths.model(),
          opening.candidate().version(),
          left.get().device().name(),
          replacement.get().device(),
          cause.getMessage());
    } else {
      placements.meters().lost(berths.model());
      log.error(
          "Copy lost, no device has room for another: model={} version={}",
          berths.model(),
          opening.candidate().version(),
          cause);
    }
    return replacement;
  }

  private void close(ExecutableModel broken) {
    try {
      broken.close();
    } catch (RuntimeException e) {
      log.warn("Closing a broken copy of model '{}' broke", berths.model(), e);
    }
  }

  private Optional<ExecutableModel> replaced(Berth left) {
    long bytes = pace.bytesAfter(left.holding().bytes());
    placements.ledger().learn(berths.model(), bytes);
    return openedAt(placements.placeOne(berths, bytes, near(left.device())))
        .or(() -> openedAt(placements.placeOne(berths, bytes, anywhere(left.device()))));
  }

  private PlacementSettings near(Device device) {
    return device.kind() == DeviceKind.CPU
        ? one(Kind.CPU, List.of(), Fallback.FORBIDDEN)
        : one(Kind.GPU, List.of(device.ordinal()), Fallback.FORBIDDEN);
  }

  private PlacementSettings anywhere(Device device) {
    var fallback = opening.settings().placement().fallback();
    return device.kind() == DeviceKind.CPU
        ? one(Kind.CPU, List.of(), fallback)
        : one(Kind.GPU, List.of(), fallback);
  }

  private PlacementSettings one(Kind kind, List<Integer> devices, Fallback fallback) {
    return new PlacementSettings(
        List.of(new InstanceGroup(1, kind, devices)),
        fallback,
        opening.settings().placement().residence());
  }

  /** Opens and runs it once; a place where that fails is given back. */
  private Optional<ExecutableModel> openedAt(Optional<Berth> place) {
    if (place.isEmpty()) {
      return Optional.empty();
    }
    var berth = place.get();
    try {
      return Optional.of(measured(berth));
    } catch (RuntimeException | Error e) {
      berths.remove(berth);
      log.warn(
          "Another copy did not open: model={} device={} reason={}",
          berths.model(),
          berth.device().name(),
          e.getMessage());
      return Optional.empty();
    }
  }

  /**
   * What was expected counts as in use from now on, and more where it grew by more; less would let
   * the next repair expect too little again.
   */
  private ExecutableModel measured(Berth berth) {
    var measurement = placements.measureNow(berth.device());
    try {
      return settled(berth, warm(opening.open(berth.device())), measurement);
    } finally {
      measurement.ifPresent(Measurement::close);
    }
  }

  private ExecutableModel settled(
      Berth berth, ExecutableModel instance, Optional<Measurement> measurement) {
    try {
      berths.occupy(berth, instance);
      long grown = measurement.map(by -> by.grownBytes(berth.device())).orElse(0L);
      berth.holding().settle(Math.max(grown, berth.holding().bytes()));
      return instance;
    } catch (RuntimeException | Error e) {
      instance.close();
      throw e;
    }
  }

  /** The first run of each size may allocate, so the largest one tells whether there is room. */
  private ExecutableModel warm(ExecutableModel instance) {
    try {
      run(instance, 1);
      if (instance.signature().batchable() && opening.settings().scheduling().maxBatchRows() > 1) {
        run(instance, opening.settings().scheduling().maxBatchRows());
      }
      return instance;
    } catch (RuntimeException | Error e) {
      instance.close();
      throw e;
    }
  }

  private void run(ExecutableModel instance, int rows) {
    var inTurn = opening.turns().inTurn(instance);
    try (var batch = inTurn.bind(Zeros.inputs(instance.signature(), rows))) {
      batch.run().close();
    }
  }
}
