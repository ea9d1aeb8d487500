package dev.millrace.serving.fake;

import dev.millrace.protocol.packaging.GoldenExamples;
import dev.millrace.serving.inference.InferenceRequest;
import dev.millrace.serving.inference.InferenceService;
import dev.millrace.serving.lifecycle.Candidate;
import dev.millrace.serving.lifecycle.LifecycleSettings;
import dev.millrace.serving.lifecycle.ModelCatalog;
import dev.millrace.serving.lifecycle.ModelSettings;
import dev.millrace.serving.lifecycle.ModelSettingsSource;
import dev.millrace.serving.lifecycle.PlacementLimits;
import dev.millrace.serving.lifecycle.Placements;
import dev.millrace.serving.lifecycle.Rollout;
import dev.millrace.serving.lifecycle.ServablePackage;
import dev.millrace.serving.lifecycle.VersionLoader;
import dev.millrace.serving.runtime.ModelRuntime;
import dev.millrace.serving.telemetry.PlacementMeters;
import dev.millrace.serving.telemetry.ServingMeters;
import dev.millrace.serving.telemetry.UnservedRequests;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.tensor.Tensor;
import dev.millrace.serving.time.NanoClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Everything from the catalog to the inference service, on {@link FakeRuntime}. */
public final class FakeEngine implements AutoCloseable {
  /** Longer than anything takes, so that a hung test ends. */
  public static final Duration LIMIT = Duration.ofSeconds(20);

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final FakeRuntime runtime;
  private final ModelCatalog catalog = new ModelCatalog();
  private final Placements placements;
  private final Rollout rollout;
  private final InferenceService inference =
      new InferenceService(catalog, new UnservedRequests(registry));

  /** Models take and give pairs of numbers. */
  public FakeEngine() {
    this(FakeModel.pairs());
  }

  /** Models have this signature, with an FP32 input first. */
  public FakeEngine(Signature signature) {
    this(new FakeDevices(1L << 30), signature, PlacementLimits.DEFAULTS, ModelSettings.defaults());
  }

  /** Models take and give pairs of numbers, on these devices. */
  public FakeEngine(FakeDevices devices, PlacementLimits limits, ModelSettings settings) {
    this(devices, FakeModel.pairs(), limits, settings);
  }

  private FakeEngine(
      FakeDevices devices, Signature signature, PlacementLimits limits, ModelSettings settings) {
    this(devices, new FakeRuntime(signature, devices), limits, settings);
  }

  private FakeEngine(
      FakeDevices devices, FakeRuntime runtime, PlacementLimits limits, ModelSettings settings) {
    this(devices, runtime, _ -> runtime, limits, (_, _) -> settings, null);
  }

  /** Models take and give pairs of numbers, and have these settings. */
  public FakeEngine(ModelSettings settings) {
    this(new FakeDevices(1L << 30), PlacementLimits.DEFAULTS, settings);
  }

  /** Models take and give pairs of numbers, and each has its settings. */
  public static FakeEngine withSettings(ModelSettingsSource settings) {
    var devices = new FakeDevices(1L << 30);
    var runtime = new FakeRuntime(FakeModel.pairs(), devices);
    return new FakeEngine(devices, runtime, _ -> runtime, PlacementLimits.DEFAULTS, settings, null);
  }

  /** Models are opened by real runtimes. */
  public FakeEngine(Function<Path, ModelRuntime> runtimes) {
    this(runtimes, ModelSettings.defaults());
  }

  /** The same with these settings. */
  public FakeEngine(Function<Path, ModelRuntime> runtimes, ModelSettings settings) {
    this(runtimes, new FakeDevices(1L << 40), settings);
  }

  private FakeEngine(
      Function<Path, ModelRuntime> runtimes, FakeDevices devices, ModelSettings settings) {
    this(
        devices,
        new FakeRuntime(FakeModel.pairs(), devices),
        runtimes,
        PlacementLimits.DEFAULTS,
        (_, _) -> settings,
        null);
  }

  private FakeEngine(
      FakeDevices devices,
      FakeRuntime runtime,
      Function<Path, ModelRuntime> runtimes,
      PlacementLimits limits,
      ModelSettingsSource settings,
      @Nullable Path known) {
    this.runtime = runtime;
    var lifecycle = new LifecycleSettings(2, LIMIT, 1L << 30, known);
    var meters = new ServingMeters(registry, NanoClock.SYSTEM);
    placements =
        new Placements(
            catalog,
            devices,
            devices::used,
            limits,
            new PlacementMeters(registry),
            NanoClock.SYSTEM);
    var loader =
        new VersionLoader(runtimes, settings, lifecycle, placements, meters, NanoClock.SYSTEM);
    rollout = new Rollout(catalog, loader, lifecycle, () -> Duration.ofSeconds(5));
  }

  /** Remembers in a folder what loads told, with this limit. */
  public static FakeEngine remembering(Path known, PlacementLimits limits) {
    var devices = new FakeDevices(1L << 40);
    var runtime = new FakeRuntime(FakeModel.pairs(), devices);
    return new FakeEngine(
        devices, runtime, _ -> runtime, limits, (_, _) -> ModelSettings.defaults(), known);
  }

  public FakeRuntime runtime() {
    return runtime;
  }

  /** The defaults, with a response cache of 1 MiB. */
  public static ModelSettings cached() {
    var defaults = ModelSettings.defaults();
    return new ModelSettings(
        defaults.placement(),
        defaults.runtime(),
        defaults.scheduling(),
        1 << 20,
        defaults.weight(),
        defaults.consistencyTolerance());
  }

  /** The value of a meter of one version. */
  public double meteredOf(String meter, String model, String version) {
    return metered(meter, "model", model, "version", version);
  }

  /** The value of a meter of placement. */
  public double metered(String meter, String... tags) {
    return registry.get(meter).tags(tags).gauge().value();
  }

  public ModelCatalog catalog() {
    return catalog;
  }

  public Placements placements() {
    return placements;
  }

  public Rollout rollout() {
    return rollout;
  }

  public InferenceService inference() {
    return inference;
  }

  /** A version that multiplies by the number in the text. */
  public static Candidate candidate(String model, String version, String factor) {
    return candidate(model, version, factor, GoldenExamples.NONE);
  }

  /** The same with golden examples. */
  public static Candidate candidate(
      String model, String version, String factor, GoldenExamples golden) {
    return new Candidate(
        model,
        version,
        factor,
        () -> new ServablePackage(file(factor), List.of(), null, golden, List.of()));
  }

  private static Path file(String content) throws IOException {
    var folder = Files.createTempDirectory("fake");
    folder.toFile().deleteOnExit();
    var file = folder.resolve("model.onnx");
    file.toFile().deleteOnExit();
    return Files.writeString(file, content);
  }

  /** One row of input x for the live version. */
  public static InferenceRequest request(String model, float first, float second) {
    return request(model, null, List.of(pair("x", first, second)));
  }

  /** Any request for all outputs. */
  public static InferenceRequest request(
      String model, @Nullable String version, List<Tensor> inputs) {
    return new InferenceRequest(model, version, inputs, List.of(), Long.MAX_VALUE, 0);
  }

  /** FP32 [1,2]. */
  public static Tensor pair(String name, float first, float second) {
    var data = ByteBuffer.allocateDirect(2 * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    data.putFloat(0, first).putFloat(Float.BYTES, second);
    return new Tensor(name, DataType.FP32, Shape.of(1, 2), data);
  }

  /** Waits for a condition that other threads bring about. */
  public static void await(BooleanSupplier condition) {
    long start = System.nanoTime();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - start > LIMIT.toNanos()) {
        throw new AssertionError("It did not happen within " + LIMIT);
      }
      LockSupport.parkNanos(500_000);
    }
  }

  @Override
  public void close() {
    rollout.close();
  }
}
