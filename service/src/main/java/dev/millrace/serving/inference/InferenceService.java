package dev.millrace.serving.inference;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.lifecycle.ModelCatalog;
import dev.millrace.serving.lifecycle.ModelLease;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Validates, leases, submits and replies: the one path every protocol takes. Thread-safe. */
public final class InferenceService {
  private static final Logger log = LoggerFactory.getLogger(InferenceService.class);

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
    try {
      submit(request, reply, catalog.lease(request.model(), request.version()));
    } catch (InferenceException e) {
      refuse(reply, e.failure());
    } catch (RuntimeException | Error e) {
      // The outermost handler of a request: the caller gets its reply whatever happens.
      log.error("A request for model '{}' broke before it was queued", request.model(), e);
      refuse(reply, new InferenceFailure.Broken("The server failed to handle this request."));
    }
  }

  /**
   * Answers a request to a caller that may block, which closes the answer.
   *
   * @param limit the longest wait; the deadline of the request holds as well
   * @throws InferenceException with the reason when there is no answer
   */
  public InferenceAnswer inferAndWait(InferenceRequest request, Duration limit) {
    var reply = new WaitingReply();
    infer(request, reply);
    return reply.await(limit);
  }

  private static void submit(InferenceRequest request, InferenceReply reply, ModelLease lease) {
    try {
      var call = new LeasedCall(lease, reply);
      var scheduled = RequestCheck.scheduled(request, lease, call);
      var cache = lease.cache();
      if (cache == null || !call.answeredFrom(cache.look(scheduled))) {
        lease.submit(scheduled);
      }
    } catch (RuntimeException | Error e) {
      lease.countRefusal();
      lease.close();
      throw e;
    }
  }

  private static void refuse(InferenceReply reply, InferenceFailure failure) {
    reply.home().execute(() -> reply.failed(failure));
  }
}
