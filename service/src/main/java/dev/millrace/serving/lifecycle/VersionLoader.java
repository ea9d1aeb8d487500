package dev.millrace.serving.lifecycle;

import dev.millrace.serving.device.Device;
import dev.millrace.serving.device.ProcessMemory;
import dev.millrace.serving.lifecycle.Berths.Berth;
import dev.millrace.serving.lifecycle.PlacementSettings.Residence;
import dev.millrace.serving.runtime.DeviceMemoryException;
import dev.millrace.serving.runtime.ModelLoadException;
import dev.millrace.serving.runtime.ModelRuntime;
import dev.millrace.serving.scheduling.DeviceShares;
import dev.millrace.serving.scheduling.DeviceTurns;
import dev.millrace.serving.scheduling.FairDevices;
import dev.millrace.serving.telemetry.ServingMeters;
import dev.millrace.serving.time.NanoClock;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens versions at the places found for them, checks them against their golden examples and warms
 * them up, on a few threads of its own, so that loading never takes a thread that serves.
 * Thread-safe.
 */
public final class VersionLoader implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(VersionLoader.class);
  private static final long WORTH_TRIMMING_BYTES = 1 << 20;

  private final Function<Path, ModelRuntime> runtimes;
  private final ModelSettingsSource settingsSource;
  private final LifecycleSettings settings;
  private final Placements placements;
  private final NanoClock clock;
  private final FairDevices shares;
  private final VersionOpener opener;
  private final EnsembleOpener ensembles;
  private final KnownVersions known;
  private final ExecutorService threads;

  /** Of loads that requests wait for: they stand in no line behind loads that yield to all. */
  private final ExecutorService awaitedThreads;

  /**
   * Starts no thread before the first load.
   *
   * @param runtimes finds the runtime of a model file, or throws {@link ModelLoadException}
   */
  public VersionLoader(
      Function<Path, ModelRuntime> runtimes,
      ModelSettingsSource settingsSource,
      LifecycleSettings settings,
      Placements placements,
      ServingMeters meters,
      NanoClock clock) {
    this.runtimes = runtimes;
    this.settingsSource = settingsSource;
    this.settings = settings;
    this.placements = placements;
    this.clock = clock;
    known = new KnownVersions(settings.known());
    opener = new VersionOpener(settings, placements, meters, clock);
    ensembles = new EnsembleOpener(placements.catalog(), meters, clock);
    shares = new FairDevices(Device.cpu().cores(), clock);
    // Native code runs here for seconds: platform threads, so that no virtual thread is held up.
    threads = pool("loader-");
    awaitedThreads = pool("awaited-loader-");
  }

  private ExecutorService pool(String name) {
    return Executors.newFixedThreadPool(
        settings.loaderThreads(), Thread.ofPlatform().name(name, 1).daemon().factory());
  }

  NanoClock clock() {
    return clock;
  }

  Placements placements() {
    return placements;
  }

  /** Whether an earlier process, or this one, loaded exactly this content. */
  boolean knows(Candidate candidate) {
    return known.find(candidate).isPresent();
  }

  /**
   * The version as it is while unloaded, where an earlier process loaded it and there is no free
   * room to do it again. Reads its files; what cannot be read has to be loaded, which tells why.
   */
  Optional<DormantVersion> asleep(Candidate candidate) {
    return known.find(candidate).flatMap(version -> asleep(candidate, version));
  }

  private Optional<DormantVersion> asleep(Candidate candidate, KnownVersion version) {
    try {
      var files = candidate.files().fetch();
      var wanted = settingsOf(candidate, files);
      placements.ledger().learn(candidate.model(), version.bytes());
      if (wanted.placement().residence() == Residence.KEPT
          || !placements.isCrowded(candidate.model(), files.modelBytes(), wanted.placement())) {
        return Optional.empty();
      }
      var turns = DeviceTurns.ofYielding(sharesOf(wanted), clock);
      var runtime = runtimes.apply(files.modelFile());
      var opening = new VersionOpening(candidate, files, wanted, runtime, Haste.NONE, turns);
      var description = opening.describe(version.signature(), version.maxBatchRows());
      return Optional.of(new DormantVersion(candidate, description, Duration.ZERO, null));
    } catch (IOException | RuntimeException e) {
      log.debug("Version has to be loaded: model={}", candidate.model(), e);
      return Optional.empty();
    }
  }

  /**
   * Finds places, which may take a while, and then loads on a loader thread; the caller closes what
   * comes out of it.
   */
  CompletableFuture<LoadedVersion> start(
      Candidate candidate, ServablePackage files, Haste haste, long startedNanos) {
    var wanted = settingsOf(candidate, files);
    var declared = files.config();
    if (declared != null && declared.isEnsemble()) {
      return CompletableFuture.completedFuture(
          ensembles.open(candidate, files, declared, wanted, startedNanos));
    }
    var runtime = runtimes.apply(files.modelFile());
    var turns = DeviceTurns.ofYielding(sharesOf(wanted), clock);
    var opening = new VersionOpening(candidate, files, wanted, runtime, haste, turns);
    long fileBytes = files.modelBytes();
    var berths = placements.place(candidate.model(), fileBytes, wanted.placement());
    try {
      return CompletableFuture.supplyAsync(
          () -> load(opening, berths, fileBytes, startedNanos),
          haste == Haste.AWAITED ? awaitedThreads : threads);
    } catch (RuntimeException e) {
      berths.close();
      throw e;
    }
  }

  private LoadedVersion load(
      VersionOpening opening, Berths berths, long fileBytes, long startedNanos) {
    try (var measurement = placements.measure(berths, opening.haste())) {
      return settled(
          opener.open(opening, berths, startedNanos), measurement, fileBytes, opening.haste());
    } catch (RuntimeException | Error e) {
      known.forget(berths.model());
      if (DeviceMemoryException.isBehind(e)) {
        berths.all().forEach(berth -> placements.ledger().learn(berths.model(), more(berth)));
      }
      berths.close();
      throw e;
    }
  }

  private void remember(LoadedVersion loaded) {
    known.remember(
        loaded.model(),
        new KnownVersion(
            loaded.version(),
            loaded.candidate().identity(),
            placements.ledger().expected(loaded.model(), 0),
            loaded.description().maxBatchRows(),
            loaded.description().signature()));
  }

  /** What was expected was too little; twice as much finds another place, or makes room. */
  private static long more(Berth berth) {
    return 2 * Math.max(berth.holding().bytes(), 1);
  }

  private LoadedVersion settled(
      LoadedVersion loaded, Measurement measurement, long fileBytes, Haste haste) {
    try {
      settle(loaded.berths(), measurement, fileBytes);
      giveBackMemory(fileBytes, haste);
      remember(loaded);
      return loaded;
    } catch (RuntimeException | Error e) {
      loaded.close();
      throw e;
    }
  }

  /**
   * What a runtime needs only while it reads a file is as large as the model or larger, and the
   * allocator keeps it.
   */
  private static void giveBackMemory(long fileBytes, Haste haste) {
    if (fileBytes >= WORTH_TRIMMING_BYTES) {
      Background.run(ProcessMemory::trim, haste);
    }
  }

  /**
   * What the copies of one version have of the devices they are on, all together on each, against
   * all else that this loader loads.
   */
  DeviceShares sharesOf(ModelSettings chosen) {
    return shares.shares(chosen.weight(), chosen.runtime().intraOpThreads());
  }

  /** The copies on one device share what it grew by; none counts less than its files. */
  private void settle(Berths berths, Measurement measurement, long fileBytes) {
    for (var berth : berths.all()) {
      if (!measurement.covers(berth.device())) {
        berth.holding().settleUnmeasured();
        continue;
      }
      long copies = berths.all().stream().map(Berth::device).filter(berth.device()::equals).count();
      long bytes = Math.max(measurement.grownBytes(berth.device()) / copies, fileBytes);
      berth.holding().settle(bytes);
      placements.ledger().learn(berths.model(), bytes);
    }
  }

  private ModelSettings settingsOf(Candidate candidate, ServablePackage files) {
    try {
      return settingsSource.of(candidate.model(), files);
    } catch (IOException | IllegalArgumentException e) {
      throw new ModelLoadException(String.valueOf(e.getMessage()), e);
    }
  }

  /** Takes no more loads; one under way ends by itself. */
  @Override
  public void close() {
    threads.shutdown();
    awaitedThreads.shutdown();
  }
}
