package dev.millrace.serving.lifecycle;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.scheduling.StepModels;
import dev.millrace.serving.telemetry.MeterSnapshot;
import dev.millrace.serving.time.NanoClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Which versions of which models answer requests. Thread-safe; no method blocks but awaitIdle. */
public final class ModelCatalog {
  private static final long IDLE_CHECK_NANOS = 10_000_000;

  private final Map<String, ServedModel> models = new ConcurrentHashMap<>();
  private final Set<String> brokenAtStart = ConcurrentHashMap.newKeySet();
  private final UseEpoch epoch = new UseEpoch();
  private volatile @Nullable WaitingRoom waitingRoom;
  private volatile @Nullable StepModels stepModels;
  private volatile boolean started;
  private volatile boolean draining;
  private volatile Runnable readinessListener = () -> {};
  private volatile @Nullable Runnable rehearsal;
  private volatile @Nullable ServedModel hidden;

  /** An empty one. */
  public ModelCatalog() {}

  /**
   * Pins the version, or the live one when {@code version} is null; empty when it is to be loaded
   * first, see {@link #await}.
   *
   * @throws InferenceException with NotFound or NotReady, in Triton's words
   */
  public Optional<ModelLease> leaseNow(String model, @Nullable String version) {
    return known(model).leaseNow(version);
  }

  /** Loads a version that is unloaded, and pins it for the waiter. Never throws. */
  public void await(String model, @Nullable String version, LeaseWaiter waiter) {
    var served = models.get(model);
    var room = waitingRoom;
    if (served == null || room == null) {
      waiter.failed(notFound(model));
    } else {
      served.await(version, waiter, room);
    }
  }

  /**
   * Pins the version, or the live one when {@code version} is null, where it is loaded.
   *
   * @throws InferenceException with NotFound or NotReady, in Triton's words
   */
  public ModelLease lease(String model, @Nullable String version) {
    return known(model).lease(version);
  }

  /**
   * What a client may ask of the version, or of the live one when {@code version} is null.
   *
   * @throws InferenceException with NotFound or NotReady, in Triton's words
   */
  public ModelDescription describe(String model, @Nullable String version) {
    return known(model).describe(version);
  }

  /**
   * Where the version, or the live one when {@code version} is null, runs now.
   *
   * @throws InferenceException with NotFound or NotReady, in Triton's words
   */
  public Whereabouts whereabouts(String model, @Nullable String version) {
    return known(model).whereabouts(version);
  }

  /** The state of every version, ordered by model and version. */
  public List<VersionStatus> versions() {
    var statuses = new ArrayList<VersionStatus>();
    models.values().forEach(model -> statuses.addAll(model.versions()));
    statuses.sort(VersionStatus.BY_MODEL_AND_VERSION);
    return statuses;
  }

  /**
   * Whether requests for the version, or with null those without a version, are answered; also
   * where it is unloaded and the next request loads it. Where the highest version is lost, requests
   * without a version wait for it, though others answer under their numbers.
   */
  public boolean ready(String model, @Nullable String version) {
    var served = models.get(model);
    return served != null && served.serving().answers(version);
  }

  /**
   * Whether the server should get requests: not before the first round of loads is over, not while
   * a model that failed in that round still has no version, and not while draining. A model that
   * breaks later does not count: one bad package must not take every replica out of service.
   */
  public boolean serverReady() {
    return started && !draining && brokenAtStart.stream().allMatch(name -> ready(name, null));
  }

  /** Whether the first round of loads, or the rehearsal after it, is not over. */
  boolean starting() {
    return !started;
  }

  /** Called by the repository once everything it found at the start was loaded, or failed. */
  public void firstRoundOver() {
    models.forEach(
        (name, model) -> {
          if (!model.serving().answers(null)) {
            brokenAtStart.add(name);
          }
        });
    var first = rehearsal;
    if (first == null) {
      start();
    } else {
      Thread.ofPlatform().name("rehearsal").daemon().start(() -> startAfter(first));
    }
  }

  private void startAfter(Runnable first) {
    try {
      first.run();
    } finally {
      start();
    }
  }

  private void start() {
    started = true;
    readinessMayHaveChanged();
  }

  /**
   * What is done between the first round of loads and {@link #serverReady}, on a thread of its own;
   * it must end by itself. Set before the first load.
   */
  public void rehearse(Runnable before) {
    rehearsal = before;
  }

  /** Lets requests reach a model that is in no list. */
  void hide(ServedModel model) {
    hidden = model;
  }

  /** The end of that. */
  void unhide() {
    hidden = null;
  }

  /**
   * Calls the listener whenever {@link #serverReady} may have changed, on the thread that changed
   * it; it must not block. There is one, set before the first load.
   */
  public void onReadinessChange(Runnable listener) {
    readinessListener = listener;
  }

  /** Called after each swap. */
  void readinessMayHaveChanged() {
    readinessListener.run();
  }

  /** Whether {@link #drain} was called. */
  public boolean draining() {
    return draining;
  }

  /**
   * Makes {@link #serverReady} false for good. Requests are answered as before: the callers that
   * have not noticed yet must not fail.
   */
  public void drain() {
    draining = true;
    readinessMayHaveChanged();
  }

  /**
   * What the requests of a model came to, over all its versions since the start; the percentiles
   * are the live version's.
   *
   * @throws InferenceException with NotFound, in Triton's words
   */
  public MeterSnapshot traffic(String model) {
    return known(model).traffic();
  }

  /** What the versions that answer requests have done, ordered by model and version. */
  public List<VersionStatistics> statistics() {
    return models.values().stream()
        .sorted(Comparator.comparing(ServedModel::name))
        .flatMap(model -> model.statistics().stream())
        .toList();
  }

  /**
   * The same of one model, or of one version of it.
   *
   * @throws InferenceException with Invalid, in Triton's words
   */
  public List<VersionStatistics> statistics(String model, @Nullable String version) {
    var served = models.get(model);
    return VersionStatistics.chosen(
        model, version, served == null ? List.of() : served.statistics());
  }

  /** Requests that hold a version now. */
  public int inFlight() {
    return models.values().stream().mapToInt(ServedModel::inFlight).sum();
  }

  /** Waits until no request holds a version; false when the limit or an interrupt came first. */
  public boolean awaitIdle(Duration limit) {
    long start = NanoClock.SYSTEM.nanos();
    while (inFlight() > 0) {
      var waited = NanoClock.SYSTEM.nanos() - start;
      if (waited >= limit.toNanos() || Thread.currentThread().isInterrupted()) {
        return false;
      }
      LockSupport.parkNanos(this, IDLE_CHECK_NANOS);
    }
    return true;
  }

  /** Models with a version that is out of service because its last copy is gone. */
  int lost() {
    return (int) models.values().stream().filter(model -> model.serving().hasLost()).count();
  }

  /** What recency is told in. */
  UseEpoch epoch() {
    return epoch;
  }

  /** Where requests wait for models that are loaded on demand; without it nothing is. */
  void waitIn(WaitingRoom room) {
    waitingRoom = room;
  }

  /** Who answers what ensembles ask of the models in it. Set before the first load. */
  public void askStepsOf(StepModels asked) {
    stepModels = asked;
  }

  StepModels stepModels() {
    return Objects.requireNonNull(stepModels, "set before the first load");
  }

  /** The entry of a model, made when there is none. */
  ServedModel entry(String model) {
    return models.computeIfAbsent(model, name -> new ServedModel(name, epoch));
  }

  /** The entry of a model; a name that a client made up gets none. */
  Optional<ServedModel> find(String model) {
    return Optional.ofNullable(models.get(model));
  }

  /** A model that nobody wants any more does not keep the server from being ready. */
  void forgive(String model) {
    brokenAtStart.remove(model);
  }

  List<ServedModel> entries() {
    return List.copyOf(models.values());
  }

  private ServedModel known(String model) {
    var served = models.get(model);
    if (served != null) {
      return served;
    }
    var unlisted = hidden;
    if (unlisted != null && unlisted.name().equals(model)) {
      return unlisted;
    }
    throw new InferenceException(notFound(model));
  }

  private static InferenceFailure notFound(String model) {
    return new InferenceFailure.NotFound(
        "Request for unknown model: '%s' is not found. The repository index lists what is served."
            .formatted(model));
  }
}
