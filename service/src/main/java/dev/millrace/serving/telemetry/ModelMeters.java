package dev.millrace.serving.telemetry;

import static java.util.Objects.requireNonNull;

import dev.millrace.serving.telemetry.InferenceStatistics.Total;
import dev.millrace.serving.time.NanoClock;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.DoubleSupplier;

/**
 * The meters of one model version. Recording takes no lock, looks nothing up and allocates nothing;
 * any thread may do it.
 *
 * <p>Micrometer appends {@code _total} to the name of every counter, and clients of Triton look for
 * the names without: so the sums are registered as gauges that only grow. {@code rate()} and {@code
 * increase()} work on them all the same.
 */
public final class ModelMeters implements AutoCloseable {
  private final String model;
  private final String version;
  private final ServingMeters owner;
  private final NanoClock clock;
  private final LatencyWindow window;
  private final List<Meter> meters = new ArrayList<>();
  private final LongAdder success = new LongAdder();
  private final EnumMap<FailureReason, LongAdder> failures = new EnumMap<>(FailureReason.class);
  private final EnumMap<RefusalCause, LongAdder> refusals = new EnumMap<>(RefusalCause.class);
  private final LongAdder rows = new LongAdder();
  private final LongAdder runs = new LongAdder();
  private final RunMeters runsByRows = new RunMeters();
  private final LongAdder requestNanos = new LongAdder();
  private final LongAdder failedNanos = new LongAdder();
  private final LongAdder queueNanos = new LongAdder();
  private final LongAdder inputNanos = new LongAdder();
  private final LongAdder inferNanos = new LongAdder();
  private final LongAdder outputNanos = new LongAdder();
  private final LongAdder pending = new LongAdder();

  private final EnumMap<WaitReason, LongAdder> waits = new EnumMap<>(WaitReason.class);

  private final LongAdder cacheHits = new LongAdder();
  private final LongAdder cacheMisses = new LongAdder();
  private final LongAdder cacheHitNanos = new LongAdder();
  private final LongAdder cacheMissNanos = new LongAdder();
  private final LongAdder cacheBytes = new LongAdder();
  private final LongAdder cacheEvictions = new LongAdder();
  private final DistributionSummary histogram;

  /** Since the epoch; written only when it changes, for all threads share it. */
  private volatile long lastInferenceMillis;

  /** Guarded by the owner's lock. */
  private int holders;

  private volatile boolean released;

  ModelMeters(
      String model, String version, ServingMeters owner, MeterRegistry registry, NanoClock clock) {
    this.model = model;
    this.version = version;
    this.owner = owner;
    this.clock = clock;
    window = new LatencyWindow(clock);
    var tags = Tags.of("model", model, "version", version);
    for (var reason : FailureReason.values()) {
      var counted = new LongAdder();
      failures.put(reason, counted);
      var more = tags.and("reason", reason.name());
      gauge(ServingMeter.REQUEST_FAILURE, counted::sum, more, registry);
    }
    for (var cause : RefusalCause.values()) {
      var counted = new LongAdder();
      refusals.put(cause, counted);
      var more = tags.and("cause", cause.label());
      gauge(ServingMeter.REQUEST_REFUSED, counted::sum, more, registry);
    }
    for (var reason : WaitReason.values()) {
      var waited = new LongAdder();
      waits.put(reason, waited);
      var more = tags.and("reason", reason.label());
      gauge(ServingMeter.QUEUE_WAIT, () -> micros(waited), more, registry);
    }
    registerSums(tags, registry);
    histogram = RequestHistogram.register(tags, registry);
    meters.add(histogram);
  }

  private void registerSums(Tags tags, MeterRegistry registry) {
    gauge(ServingMeter.REQUEST_SUCCESS, success::sum, tags, registry);
    gauge(ServingMeter.INFERENCE_COUNT, rows::sum, tags, registry);
    gauge(ServingMeter.EXECUTION_COUNT, runs::sum, tags, registry);
    gauge(ServingMeter.REQUEST_DURATION, () -> micros(requestNanos), tags, registry);
    gauge(ServingMeter.QUEUE_DURATION, () -> micros(queueNanos), tags, registry);
    gauge(ServingMeter.COMPUTE_INPUT_DURATION, () -> micros(inputNanos), tags, registry);
    gauge(ServingMeter.COMPUTE_INFER_DURATION, () -> micros(inferNanos), tags, registry);
    gauge(ServingMeter.COMPUTE_OUTPUT_DURATION, () -> micros(outputNanos), tags, registry);
    gauge(ServingMeter.PENDING_REQUESTS, pending::sum, tags, registry);
    gauge(ServingMeter.CACHE_HITS, cacheHits::sum, tags, registry);
    gauge(ServingMeter.CACHE_MISSES, cacheMisses::sum, tags, registry);
    gauge(ServingMeter.CACHE_HIT_DURATION, () -> micros(cacheHitNanos), tags, registry);
    gauge(ServingMeter.CACHE_MISS_DURATION, () -> micros(cacheMissNanos), tags, registry);
    gauge(ServingMeter.CACHE_BYTES, cacheBytes::sum, tags, registry);
    gauge(ServingMeter.CACHE_EVICTIONS, cacheEvictions::sum, tags, registry);
  }

  private void gauge(ServingMeter meter, DoubleSupplier value, Tags tags, MeterRegistry registry) {
    meters.add(
        Gauge.builder(meter.meterName(), value::getAsDouble)
            .description(meter.description())
            .tags(tags)
            .register(registry));
  }

  /** The model these belong to. */
  public String model() {
    return model;
  }

  /** The version these belong to. */
  public String version() {
    return version;
  }

  /** A request waits for a run. */
  public void queued() {
    pending.increment();
  }

  /** A request no longer waits, whatever became of it. */
  public void dequeued() {
    pending.decrement();
  }

  /** A request that is answered waited for its run. */
  public void waited(WaitReason reason, long nanos) {
    requireNonNull(waits.get(reason)).add(nanos);
  }

  /** The model ran once. */
  public void ran() {
    runs.increment();
    inferredNow();
  }

  /** A run that was counted had so many rows, and its outputs were cut into answers. */
  public void ran(int batchRows, long inputTookNanos, long inferTookNanos, long outputTookNanos) {
    runsByRows.ran(batchRows, inputTookNanos, inferTookNanos, outputTookNanos);
  }

  private void inferredNow() {
    long nowMillis = System.currentTimeMillis();
    if (nowMillis != lastInferenceMillis) {
      lastInferenceMillis = nowMillis;
    }
  }

  /** A request was answered. */
  public void answered(RequestDurations durations, int answeredRows) {
    success.increment();
    rows.add(answeredRows);
    requestNanos.add(durations.totalNanos());
    queueNanos.add(durations.queueNanos());
    inputNanos.add(durations.inputNanos());
    inferNanos.add(durations.inferNanos());
    outputNanos.add(durations.outputNanos());
    histogram.record(durations.totalNanos() / 1_000.0);
    window.record(durations.totalNanos());
  }

  /** A request was answered with what an earlier one was answered with. */
  public void cacheHit(long nanos) {
    cacheHits.increment();
    cacheHitNanos.add(nanos);
    inferredNow();
    success.increment();
    requestNanos.add(nanos);
    histogram.record(nanos / 1_000.0);
    window.record(nanos);
  }

  /** Nothing was known of a request. */
  public void cacheMissed(long nanos) {
    cacheMisses.increment();
    cacheMissNanos.add(nanos);
  }

  /** An answer was kept for later. */
  public void cacheFilled(long nanos) {
    cacheMissNanos.add(nanos);
  }

  /** The answers that are kept take so many more bytes, or fewer. */
  public void cacheHolds(long moreBytes) {
    cacheBytes.add(moreBytes);
  }

  /** Answers were forgotten to keep others. */
  public void cacheEvicted(int answers) {
    cacheEvictions.add(answers);
  }

  /**
   * A request failed. The scheduler counts what was submitted to it; who refuses a request before
   * that counts it.
   */
  public void failed(FailureReason reason) {
    requireNonNull(failures.get(reason)).increment();
  }

  /** The same of a request that was queued at this time, on the clock of the meters. */
  public void failed(FailureReason reason, long submittedNanos) {
    failed(reason);
    failedNanos.add(Math.max(0, clock.nanos() - submittedNanos));
  }

  /** Why a request that was counted as rejected was refused. */
  public void refused(RefusalCause cause) {
    requireNonNull(refusals.get(cause)).increment();
  }

  private long failureCount() {
    long failed = 0;
    for (var counted : failures.values()) {
      failed += counted.sum();
    }
    return failed;
  }

  /** For clients of the statistics extension. */
  public InferenceStatistics statistics() {
    long hits = cacheHits.sum();
    long succeeded = success.sum();
    long computed = Math.max(0, succeeded - hits);
    return new InferenceStatistics(
        lastInferenceMillis,
        rows.sum(),
        runs.sum(),
        new Total(succeeded, requestNanos.sum()),
        new Total(failureCount(), failedNanos.sum()),
        new Total(succeeded, queueNanos.sum()),
        new Total(computed, inputNanos.sum()),
        new Total(computed, inferNanos.sum()),
        new Total(computed, outputNanos.sum()),
        new Total(hits, cacheHitNanos.sum()),
        new Total(cacheMisses.sum(), cacheMissNanos.sum()),
        runsByRows.all());
  }

  /** For the console. */
  public MeterSnapshot snapshot() {
    return new MeterSnapshot(
        success.sum(),
        failureCount(),
        success.sum(),
        micros(requestNanos),
        window.quantileNanos(0.5) / 1_000,
        window.quantileNanos(0.99) / 1_000);
  }

  /** Gives these back; they leave the registry with their last holder. */
  @Override
  public void close() {
    owner.release(this);
  }

  ModelMeters retain() {
    holders++;
    return this;
  }

  boolean releaseLast() {
    holders--;
    released = holders == 0;
    return released;
  }

  /** Whether the last holder has given these back: they do not change any more. */
  public boolean isReleased() {
    return released;
  }

  void unregister(MeterRegistry registry) {
    meters.forEach(registry::remove);
  }

  private static long micros(LongAdder nanos) {
    return nanos.sum() / 1_000;
  }
}
