package dev.millrace.serving.inference;

import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.lifecycle.ModelLease;
import dev.millrace.serving.scheduling.BatchResult;
import dev.millrace.serving.scheduling.BatchTimings;
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

  /** Written once, by the thread that then hands this object on as the answer. */
  private @Nullable BatchResult result;

  LeasedCall(ModelLease lease, InferenceReply reply) {
    this.lease = lease;
    this.reply = reply;
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
  public void completed(BatchResult batchResult) {
    result = batchResult;
    try {
      reply.answered(this);
    } catch (RuntimeException | Error e) {
      // A protocol that breaks must not pin the version for ever.
      log.error("Handing over an answer of model '{}' broke", model(), e);
      close();
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
    return answered().timings();
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
