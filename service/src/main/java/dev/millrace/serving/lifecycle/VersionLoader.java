package dev.millrace.serving.lifecycle;

import dev.millrace.protocol.packaging.ImageDescription;
import dev.millrace.serving.device.Device;
import dev.millrace.serving.runtime.ExecutableModel;
import dev.millrace.serving.runtime.ModelLoadException;
import dev.millrace.serving.runtime.ModelRuntime;
import dev.millrace.serving.scheduling.FairDevices;
import dev.millrace.serving.scheduling.InstanceRepair;
import dev.millrace.serving.scheduling.ModelScheduler;
import dev.millrace.serving.scheduling.SchedulerContext;
import dev.millrace.serving.telemetry.ServingMeters;
import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.time.NanoClock;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Opens versions, checks them against their golden examples and warms them up, on a few threads of
 * its own, so that loading never takes a thread that serves. Thread-safe.
 */
public final class VersionLoader implements AutoCloseable {
  private final Function<Path, ModelRuntime> runtimes;
  private final ModelSettingsSource settingsSource;
  private final LifecycleSettings settings;
  private final ServingMeters meters;
  private final NanoClock clock;
  private final FairDevices shares;
  private final ExecutorService threads;

  /**
   * Starts no thread before the first load.
   *
   * @param runtimes finds the runtime of a model file, or throws {@link ModelLoadException}
   */
  public VersionLoader(
      Function<Path, ModelRuntime> runtimes,
      ModelSettingsSource settingsSource,
      LifecycleSettings settings,
      ServingMeters meters,
      NanoClock clock) {
    this.runtimes = runtimes;
    this.settingsSource = settingsSource;
    this.settings = settings;
    this.meters = meters;
    this.clock = clock;
    shares = new FairDevices(Device.cpu().cores(), clock);
    // Native code runs here for seconds: platform threads, so that no virtual thread is held up.
    this.threads =
        Executors.newFixedThreadPool(
            settings.loaderThreads(), Thread.ofPlatform().name("loader-", 1).daemon().factory());
  }

  /** Now, on the clock that load times are measured with. */
  long nanos() {
    return clock.nanos();
  }

  /** Loads on a loader thread; the caller closes what comes out of it. */
  CompletableFuture<LoadedVersion> start(
      Candidate candidate, ServablePackage files, long startedNanos) {
    return CompletableFuture.supplyAsync(() -> load(candidate, files, startedNanos), threads);
  }

  private LoadedVersion load(Candidate candidate, ServablePackage files, long startedNanos) {
    var wanted = settingsOf(candidate, files);
    var runtime = runtimes.apply(files.modelFile());
    var instances = opened(runtime, files, wanted);
    var chosen = BatchConsistency.checked(wanted, candidate, instances.getFirst(), files.golden());
    var signature = instances.getFirst().signature();
    var ownMeters = meters.open(candidate.model(), candidate.version());
    // From here on the scheduler owns the instances.
    var scheduler =
        ModelScheduler.start(
            instances,
            chosen.scheduling(),
            new SchedulerContext(
                ownMeters,
                clock,
                shares.shares(chosen.weight(), chosen.runtime().intraOpThreads()),
                InstanceRepair.NONE));
    try {
      scheduler.warmUp(settings.loadLimit());
    } catch (RuntimeException e) {
      scheduler.close();
      ownMeters.close();
      throw e;
    }
    return new LoadedVersion(
        candidate,
        describe(candidate, runtime, signature, files, chosen),
        new LoadedVersion.Workers(
            scheduler,
            ownMeters,
            instances.getFirst().device(),
            ResponseCache.of(chosen.cacheBytes(), ownMeters, clock)),
        Duration.ofNanos(clock.nanos() - startedNanos),
        Instant.now());
  }

  private ModelSettings settingsOf(Candidate candidate, ServablePackage files) {
    try {
      return settingsSource.of(candidate.model(), files);
    } catch (IOException | IllegalArgumentException e) {
      throw new ModelLoadException(String.valueOf(e.getMessage()), e);
    }
  }

  /** All copies, each checked; none is left open when one fails. */
  private List<ExecutableModel> opened(
      ModelRuntime runtime, ServablePackage files, ModelSettings chosen) {
    var instances = new ArrayList<ExecutableModel>();
    try {
      for (int i = 0; i < chosen.placement().groups().getFirst().count(); i++) {
        var instance = runtime.open(files.modelFile(), Device.cpu(), chosen.runtime());
        instances.add(instance);
        requireImageInput(files.image(), instance.signature());
        LabelCheck.require(files, instance.signature());
        new GoldenReplay(instance).require(files.golden());
      }
      return instances;
    } catch (RuntimeException e) {
      instances.forEach(ExecutableModel::close);
      throw e;
    }
  }

  private static void requireImageInput(@Nullable ImageDescription image, Signature signature) {
    if (image != null
        && (signature.input(image.input()).isEmpty()
            || signature.output(image.output()).isEmpty())) {
      throw new ModelLoadException(
          "The package describes pictures for input '%s' and output '%s', but the model has %s and %s. Correct millrace.json."
              .formatted(image.input(), image.output(), signature.inputs(), signature.outputs()),
          null);
    }
  }

  private ModelDescription describe(
      Candidate candidate,
      ModelRuntime runtime,
      Signature signature,
      ServablePackage files,
      ModelSettings chosen) {
    return new ModelDescription(
        candidate.model(),
        candidate.version(),
        List.of(candidate.version()),
        runtime.platform(),
        signature,
        signature.batchable() ? chosen.scheduling().maxBatchRows() : 0,
        files.labels(),
        files.image());
  }

  /** Takes no more loads; one under way ends by itself. */
  @Override
  public void close() {
    threads.shutdown();
  }
}
