package dev.millrace.serving.inference;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.lifecycle.ModelCatalog;
import dev.millrace.serving.lifecycle.ModelLease;
import dev.millrace.serving.lifecycle.ResponseCache;
import dev.millrace.serving.lifecycle.ResponseCache.Lookup;
import dev.millrace.serving.scheduling.CacheUse;
import dev.millrace.serving.scheduling.Outcome;
import dev.millrace.serving.scheduling.ScheduledRequest;
import dev.millrace.serving.scheduling.StepRequest;
import dev.millrace.serving.telemetry.FailureReason;
import dev.millrace.serving.telemetry.UnservedRequests;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Validates, leases, submits and replies: the one path every protocol takes. Thread-safe. */
public final class InferenceService {
  private static final Logger log = LoggerFactory.getLogger(InferenceService.class);

  private final ModelCatalog catalog;
  private final UnservedRequests unserved;

  /**
   * Answers with the models of this catalog; failures that none of them counts are counted here.
   */
  public InferenceService(ModelCatalog catalog, UnservedRequests unserved) {
    this.catalog = catalog;
    this.unserved = unserved;
    catalog.askStepsOf(this::askStep);
  }

  private void askStep(StepRequest step, Outcome outcome) {
    var request =
        new InferenceRequest(
            step.model(),
            step.version(),
            step.inputs(),
            step.outputs(),
            step.deadlineNanos(),
            step.priority(),
            step.cacheUse(),
            step.sequence());
    infer(request, new StepReply(outcome));
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
      refuseUnserved(reply, failure(request, e));
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

  /** Counts a request that its protocol could not read; see {@link #countRefused}. */
  public void countUnreadable(String model, @Nullable String version) {
    countRefused(model, version, FailureReason.OTHER);
  }

  /**
   * Counts a request that its protocol refused, with the failures of the version it named, or with
   * those of nobody where that is not loaded.
   */
  public void countRefused(String model, @Nullable String version, FailureReason reason) {
    try (var lease = catalog.leaseNow(model, version).orElse(null)) {
      if (lease == null) {
        unserved.failed(reason);
      } else {
        lease.countRefusal(reason);
      }
    } catch (InferenceException _) {
      // The client hears what is wrong with the request first.
      unserved.failed(reason);
    }
  }

  /** Goes on with a request whose model was loaded for it. Never throws. */
  void resume(InferenceRequest request, InferenceReply reply, ModelLease lease, long loadNanos) {
    lease.countLoad(loadNanos);
    submit(request, reply, lease, loadNanos);
  }

  /** The outermost handler of a request: the caller gets its reply whatever happens. */
  private static InferenceFailure failure(InferenceRequest request, Throwable cause) {
    if (cause instanceof InferenceException known) {
      return known.failure();
    }
    log.error("A request for model '{}' broke before it was queued", request.model(), cause);
    return new InferenceFailure.Broken("The server failed to handle this request.");
  }

  /** Takes over the lease. */
  private static void submit(
      InferenceRequest request, InferenceReply reply, ModelLease lease, long loadNanos) {
    var call = new LeasedCall(lease, reply, loadNanos);
    // First: neither a known answer nor a refusal may overtake those who came before.
    var outcome = lease.inLine(call);
    try {
      var scheduled = RequestCheck.scheduled(request, lease, outcome);
      var lookup = lookup(request.cacheUse(), lease.cache(), scheduled);
      var known = lookup == null ? null : call.known(lookup);
      if (known == null) {
        lease.submit(scheduled);
      } else {
        tell(outcome.home(), () -> outcome.completed(known));
      }
    } catch (RuntimeException | Error e) {
      lease.countRefusal(FailureReason.OTHER);
      var failure = failure(request, e);
      tell(outcome.home(), () -> outcome.failed(failure));
    }
  }

  /** An event loop that is gone takes nothing, but leases and memory must be given back. */
  private static void tell(Executor home, Runnable told) {
    try {
      home.execute(told);
    } catch (RejectedExecutionException _) {
      told.run();
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

  /** Answers a request for which there is no version. */
  void refuseUnserved(InferenceReply reply, InferenceFailure failure) {
    unserved.failed(FailureReason.of(failure));
    tell(reply.home(), () -> reply.failed(failure));
  }
}
