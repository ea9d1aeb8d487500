package dev.millrace.serving.lifecycle;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Which versions of which models answer requests. Thread-safe; no method blocks but awaitIdle. */
public final class ModelCatalog {
  private final Map<String, ModelDescription> live = new ConcurrentHashMap<>();
  private volatile boolean draining;

  /** What a client may ask of the version, or of the live one when {@code version} is null. */
  public ModelDescription describe(String model, @Nullable String version) {
    var description = live.get(model);
    if (description == null) {
      throw new InferenceException(
          new InferenceFailure.NotFound("Request for unknown model: '" + model + "' is not found"));
    }
    return description;
  }

  /** The state of every version, ordered by model and version. */
  public List<VersionStatus> versions() {
    return List.of();
  }

  /** Whether the version, or with null any version, answers requests. */
  public boolean ready(String model, @Nullable String version) {
    return false;
  }

  /**
   * Whether the server should get requests: not before the first round of loads is over, not while
   * a model that failed in that round still has no version, and not while draining.
   */
  public boolean serverReady() {
    return !draining;
  }

  /**
   * Makes {@link #serverReady} false for good. Requests are answered as before: the callers that
   * have not noticed yet must not fail.
   */
  public void drain() {
    draining = true;
  }

  /** Requests that hold a version now. */
  public int inFlight() {
    return 0;
  }

  /** Waits until no request holds a version; false when the limit or an interrupt came first. */
  public boolean awaitIdle(Duration limit) {
    return limit.isPositive();
  }
}
