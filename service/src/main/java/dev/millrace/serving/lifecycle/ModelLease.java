package dev.millrace.serving.lifecycle;

import dev.millrace.serving.scheduling.Outcome;
import dev.millrace.serving.scheduling.ScheduledRequest;
import dev.millrace.serving.telemetry.FailureReason;
import dev.millrace.serving.telemetry.WaitReason;
import dev.millrace.serving.tensor.Signature;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A pin on one version: until it is closed, the version is not unloaded. Any thread may close it.
 */
public final class ModelLease implements AutoCloseable {
  private final LoadedVersion pinned;
  private final AtomicBoolean open = new AtomicBoolean(true);

  /** Takes over one acquired count. */
  ModelLease(LoadedVersion pinned) {
    this.pinned = pinned;
  }

  /** The model's name. */
  public String model() {
    return pinned.model();
  }

  /** The version that is pinned. */
  public String version() {
    return pinned.version();
  }

  /** What a client may ask of the version. */
  public ModelDescription description() {
    return pinned.description();
  }

  /** What the model declares. */
  public Signature signature() {
    return pinned.description().signature();
  }

  /** Whether the first dimension of every input is its rows. */
  public boolean batchable() {
    return pinned.batchable();
  }

  /** Rows that one request may have, where its model is batchable. */
  public int mostRows() {
    return pinned.workers().mostRows();
  }

  /** The answers that the version keeps; null where it keeps none. */
  public @Nullable ResponseCache cache() {
    return pinned.workers().cache();
  }

  /**
   * Puts whoever waits for an answer in line, where the version answers in the order of the
   * requests; what comes out must be told its outcome, on its home, or all behind it wait for ever.
   */
  public Outcome inLine(Outcome outcome) {
    return pinned.workers().scheduler().inLine(outcome);
  }

  /** Queues a request. Never blocks; keep the lease until its outcome is no longer used. */
  public void submit(ScheduledRequest request) {
    pinned.workers().scheduler().submit(request);
  }

  /** Counts a request that was refused before it was submitted. */
  public void countRefusal(FailureReason reason) {
    pinned.workers().meters().failed(reason);
  }

  /** Counts how long a request waited for the load of the version, before it was submitted. */
  public void countLoad(long nanos) {
    pinned.workers().meters().waited(WaitReason.LOAD, nanos);
  }

  /** Idempotent. */
  @Override
  public void close() {
    if (open.compareAndSet(true, false)) {
      pinned.leases().release();
    }
  }
}
