package dev.millrace.serving.scheduling;

import dev.millrace.serving.runtime.DeviceMemoryException;
import dev.millrace.serving.runtime.ExecutableModel;
import dev.millrace.serving.runtime.RunOutputs;
import dev.millrace.serving.telemetry.ModelMeters;
import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.time.NanoClock;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The loaded copy that one worker runs on, with the buffers that are bound to it, and its successor
 * should the device fail it. Owned by the worker.
 */
final class Instance implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Instance.class);

  private final ModelMeters meters;
  private final NanoClock clock;

  /** Absent where nothing is padded. */
  private final @Nullable Padding padding;

  private ExecutableModel model;
  private BatchInputs inputs;

  /** Why it needs a successor; null while it needs none. */
  private @Nullable DeviceMemoryException outOfMemory;

  /** Whether it is closed and has no successor. */
  private boolean lost;

  Instance(ExecutableModel model, ModelMeters meters, NanoClock clock, @Nullable Padding padding) {
    this.model = model;
    this.meters = meters;
    this.clock = clock;
    this.padding = padding;
    inputs = new BatchInputs(model, padding);
  }

  /** What one run brought. */
  record Computed(RunOutputs outputs, long assembledNanos, long endedNanos) {
    long computeNanos() {
      return endedNanos - assembledNanos;
    }
  }

  Signature signature() {
    return model.signature();
  }

  /** Runs these rows together; throws what the runtime throws. */
  Computed compute(List<Part> parts, int rows) {
    var batch = inputs.prepare(parts, rows);
    long assembledNanos = clock.nanos();
    try {
      return new Computed(batch.run(), assembledNanos, clock.nanos());
    } finally {
      inputs.release(batch, rows);
    }
  }

  /** The last run found no memory on the device. */
  void ranOutOfMemory(DeviceMemoryException cause) {
    outOfMemory = cause;
  }

  /** Whether no run has broken the copy. */
  boolean isIntact() {
    return outOfMemory == null;
  }

  /** Whether the shapes of a run follow from its rows. */
  boolean hasFixedShapes() {
    return inputs.shapesFollowFromRows();
  }

  /** Replaces the copy if the last run broke it; false when there is none any more. */
  boolean isWhole(InstanceRepair repair, Turn turn) {
    var cause = outOfMemory;
    if (cause == null) {
      return true;
    }
    // The repair closes the copy, and what is bound to it has to go first.
    inputs.close();
    lost = true;
    try {
      repair.replace(model, cause).ifPresent(this::goOnWith);
    } catch (RuntimeException | Error e) {
      log.error("Repair broke: model={} version={}", meters.model(), meters.version(), e);
    }
    turn.moveTo(model.device());
    return !lost;
  }

  private void goOnWith(ExecutableModel other) {
    model = other;
    inputs = new BatchInputs(other, padding);
    outOfMemory = null;
    lost = false;
  }

  @Override
  public void close() {
    if (!lost) {
      inputs.close();
      model.close();
    }
  }
}
