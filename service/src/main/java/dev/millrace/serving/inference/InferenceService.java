package dev.millrace.serving.inference;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.lifecycle.ModelCatalog;
import dev.millrace.serving.lifecycle.ModelLease;
import dev.millrace.serving.lifecycle.ResponseCache;
import dev.millrace.serving.lifecycle.ResponseCache.Lookup;
import dev.millrace.serving.scheduling.ScheduledRequest;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
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
      var lease = catalog.leaseNow(request.model(), request.version());
      if (lease.isPresent()) {
        submit(request, reply, lease.get(), 0);
      } else {
        catalog.await(request.model(), request.version(), new ColdCall(request, reply, this));
      }
    } catch (RuntimeException | Error e) {
      broke(request, reply, e);
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

  /**
   * Counts a request that its protocol could not read, with the failures of the version it named;
   * one for a model that is not served has nowhere to be counted.
   */
  public void countUnreadable(String model, @Nullable String version) {
    try {
      catalog.leaseNow(model, version).ifPresent(InferenceService::countAndClose);
    } catch (InferenceException _) {
      // The client hears what is wrong with the request first.
    }
  }

  private static void countAndClose(ModelLease lease) {
    lease.countRefusal();
    lease.close();
  }

  /** Goes on with a request whose model was loaded for it. Never throws. */
  void resume(InferenceRequest request, InferenceReply reply, ModelLease lease, long loadNanos) {
    try {
      lease.countLoad(loadNanos);
      submit(request, reply, lease, loadNanos);
    } catch (RuntimeException | Error e) {
      broke(request, reply, e);
    }
  }

  /** The outermost handler of a request: the caller gets its reply whatever happens. */
  private static void broke(InferenceRequest request, InferenceReply reply, Throwable cause) {
    if (cause instanceof InferenceException known) {
      refuse(reply, known.failure());
    } else {
      log.error("A request for model '{}' broke before it was queued", request.model(), cause);
      refuse(reply, new InferenceFailure.Broken("The server failed to handle this request."));
    }
  }

  private static void submit(
      InferenceRequest request, InferenceReply reply, ModelLease lease, long loadNanos) {
    try {
      var call = new LeasedCall(lease, reply, loadNanos);
      var scheduled = RequestCheck.scheduled(request, lease, call);
      var lookup = lookup(request.cacheUse(), lease.cache(), scheduled);
      if (lookup == null || !call.answeredFrom(lookup)) {
        lease.submit(scheduled);
      }
    } catch (RuntimeException | Error e) {
      lease.countRefusal();
      lease.close();
      throw e;
    }
  }

  private static @Nullable Lookup lookup(
      CacheUse use, @Nullable ResponseCache cache, ScheduledRequest request) {
    if (cache == null) {
      return null;
    }
    return switch (use) {
      case FULL -> cache.look(request);
      case REFRESH -> cache.renew(request);
      case NONE -> null;
    };
  }

  static void refuse(InferenceReply reply, InferenceFailure failure) {
    reply.home().execute(() -> reply.failed(failure));
  }
}
