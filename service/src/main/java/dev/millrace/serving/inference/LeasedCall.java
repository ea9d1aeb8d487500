package dev.millrace.serving.inference;

import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.lifecycle.ModelLease;
import dev.millrace.serving.lifecycle.ResponseCache.Lookup;
import dev.millrace.serving.scheduling.BatchResult;
import dev.millrace.serving.scheduling.BatchTimings;
import dev.millrace.serving.scheduling.Nesting;
import dev.millrace.serving.scheduling.Outcome;
import dev.millrace.serving.tensor.Tensor;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request between submission and the end of its answer. It holds the lease all the while: the
 * answer's tensors are views on memory of the version.
 */
final class LeasedCall implements Outcome, InferenceAnswer {
  private static final Logger log = LoggerFactory.getLogger(LeasedCall.class);

  private final ModelLease lease;
  private final InferenceReply reply;
  private final long loadNanos;

  /** Written once, by the thread that then hands this object on as the answer. */
  private @Nullable BatchResult result;

  /** Where the answer is to be kept; written before the request is submitted. */
  private Lookup.@Nullable Miss miss;

  /**
   * Takes over the lease.
   *
   * @param loadNanos how long it was waited for because the model had to be loaded
   */
  LeasedCall(ModelLease lease, InferenceReply reply, long loadNanos) {
    this.lease = lease;
    this.reply = reply;
    this.loadNanos = loadNanos;
  }

  /** The answer out of the cache; null where there is none, and that of the run will be kept. */
  @Nullable KnownAnswer known(Lookup lookup) {
    return switch (lookup) {
      case Lookup.Hit(var outputs) -> new KnownAnswer(lease.description(), outputs);
      case Lookup.Miss missed -> {
        miss = missed;
        yield null;
      }
    };
  }

  @Override
  public Executor home() {
    return reply.home();
  }

  @Override
  public boolean cancelled() {
    return reply.cancelled();
  }

  @Override
  public @Nullable Nesting nesting() {
    return reply.nesting();
  }

  @Override
  public void completed(BatchResult batchResult) {
    if (batchResult instanceof KnownAnswer known) {
      lease.close();
      handOver(known);
    } else {
      computed(batchResult);
    }
  }

  private void computed(BatchResult batchResult) {
    result = batchResult;
    if (miss != null) {
      keep(batchResult, miss);
    }
    handOver(this);
  }

  /** An answer that cannot be kept is an answer all the same. */
  private void keep(BatchResult computed, Lookup.Miss place) {
    try {
      place.keep(computed.outputs());
    } catch (RuntimeException | Error e) {
      log.error("Keeping an answer of model '{}' broke", model(), e);
    }
  }

  private void handOver(InferenceAnswer answer) {
    try {
      reply.answered(answer);
    } catch (RuntimeException | Error e) {
      // A protocol that breaks must not pin the version for ever.
      log.error("Handing over an answer of model '{}' broke", model(), e);
      answer.close();
    }
  }

  @Override
  public void failed(InferenceFailure failure) {
    lease.close();
    reply.failed(failure);
  }

  @Override
  public String model() {
    return lease.model();
  }

  @Override
  public String version() {
    return lease.version();
  }

  @Override
  public List<Tensor> outputs() {
    return answered().outputs();
  }

  @Override
  public BatchTimings timings() {
    var timings = answered().timings();
    return loadNanos == 0 ? timings : timings.afterLoad(loadNanos);
  }

  @Override
  public boolean batched() {
    return lease.description().maxBatchRows() > 0;
  }

  @Override
  public List<String> labels(String output) {
    return lease.description().labels(output);
  }

  @Override
  public long loadNanos() {
    return loadNanos;
  }

  @Override
  public void close() {
    answered().close();
    lease.close();
  }

  private BatchResult answered() {
    return Objects.requireNonNull(result, "not answered yet");
  }
}
