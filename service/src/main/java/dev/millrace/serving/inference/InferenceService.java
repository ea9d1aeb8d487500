package dev.millrace.serving.inference;

import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.lifecycle.ModelCatalog;
import java.time.Duration;

/** Validates, leases, submits and replies: the one path every protocol takes. Thread-safe. */
public final class InferenceService {
  private final ModelCatalog catalog;

  /** Answers with the models of this catalog. */
  public InferenceService(ModelCatalog catalog) {
    this.catalog = catalog;
  }

  /**
   * Answers a request through its reply, exactly once, on {@link InferenceReply#home()}. Never
   * blocks and never throws, so event loops may call it.
   */
  public void infer(InferenceRequest request, InferenceReply reply) {
    catalog.describe(request.model(), request.version());
    var failure = new InferenceFailure.NotReady("'" + request.model() + "' is not served yet");
    reply.home().execute(() -> reply.failed(failure));
  }

  /**
   * Answers a request to a caller that may block, which closes the answer.
   *
   * @param limit the longest wait; the deadline of the request holds as well
   * @throws dev.millrace.serving.failure.InferenceException with the reason when there is no answer
   */
  public InferenceAnswer inferAndWait(InferenceRequest request, Duration limit) {
    var reply = new WaitingReply();
    infer(request, reply);
    return reply.await(limit);
  }
}
