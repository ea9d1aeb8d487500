package dev.millrace.serving.scheduling;

import dev.millrace.serving.runtime.BoundBatch;
import dev.millrace.serving.runtime.ExecutableModel;
import dev.millrace.serving.runtime.ModelLoadException;
import dev.millrace.serving.runtime.RunOutputs;
import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.tensor.Tensor;
import dev.millrace.serving.time.NanoClock;
import java.time.Duration;
import java.util.List;

/**
 * Turns on shared devices for whoever runs a model beside its workers: replays, checks, the first
 * runs of a repaired copy. Each run is a turn of its own, so that others wait for one at most, and
 * the wait is bounded, so that a run of others that hangs cannot hold up a load for ever.
 */
public final class DeviceTurns {
  private static final Duration LONGEST_WAIT = Duration.ofMinutes(1);

  private final DeviceShares shares;
  private final NanoClock clock;
  private final Processors processors;

  private enum Processors {
    /** The operating system knows that the thread yields; nobody must wait for it. */
    YIELDED,
    SHARED
  }

  private DeviceTurns(DeviceShares shares, NanoClock clock, Processors processors) {
    this.shares = shares;
    this.clock = clock;
    this.processors = processors;
  }

  /** Of threads that yield to others on the processors, and so take turns on GPUs only. */
  public static DeviceTurns ofYielding(DeviceShares shares, NanoClock clock) {
    return new DeviceTurns(shares, clock, Processors.YIELDED);
  }

  /** The same model's, for threads that do not yield, as the workers. */
  public DeviceTurns ofWorkers() {
    return new DeviceTurns(shares, clock, Processors.SHARED);
  }

  /** What the workers of the model take their turns by. */
  public DeviceShares shares() {
    return shares;
  }

  /**
   * The same copy, with a turn for each run.
   *
   * @return a view; it throws {@link ModelLoadException} where no turn comes within a minute
   */
  public ExecutableModel inTurn(ExecutableModel model) {
    return new InTurn(model);
  }

  private RunOutputs run(BoundBatch batch, String device) {
    var turn = new Turn(shares, device, clock);
    long untilNanos = clock.nanos() + LONGEST_WAIT.toNanos();
    boolean taken =
        processors == Processors.SHARED
            ? turn.takeUntil(untilNanos)
            : turn.takeToWarmUp(untilNanos);
    try {
      if (!taken) {
        throw new ModelLoadException(
            "Device %s was busy with other models for %s".formatted(device, LONGEST_WAIT), null);
      }
      return batch.run();
    } finally {
      turn.give();
      turn.rest();
    }
  }

  private final class InTurn implements ExecutableModel {
    private final ExecutableModel model;

    InTurn(ExecutableModel model) {
      this.model = model;
    }

    @Override
    public Signature signature() {
      return model.signature();
    }

    @Override
    public String device() {
      return model.device();
    }

    @Override
    public BoundBatch bind(List<Tensor> inputs) {
      return new BoundInTurn(model.bind(inputs), model.device());
    }

    @Override
    public void close() {
      model.close();
    }
  }

  private final class BoundInTurn implements BoundBatch {
    private final BoundBatch batch;
    private final String device;

    BoundInTurn(BoundBatch batch, String device) {
      this.batch = batch;
      this.device = device;
    }

    @Override
    public RunOutputs run() {
      return DeviceTurns.this.run(batch, device);
    }

    @Override
    public void close() {
      batch.close();
    }
  }
}
