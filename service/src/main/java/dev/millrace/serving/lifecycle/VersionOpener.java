package dev.millrace.serving.lifecycle;

import dev.millrace.serving.modelconfig.SequencePlans;
import dev.millrace.serving.runtime.ExecutableModel;
import dev.millrace.serving.scheduling.ModelScheduler;
import dev.millrace.serving.scheduling.SchedulerContext;
import dev.millrace.serving.scheduling.SequenceScheduler;
import dev.millrace.serving.telemetry.ModelMeters;
import dev.millrace.serving.telemetry.ServingMeters;
import dev.millrace.serving.time.NanoClock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * Opens the copies of one version at the places found for them, checks them against their golden
 * examples and each other, and warms them up. Whatever fails on the way, nothing stays open.
 */
final class VersionOpener {
  private final Duration warmUpLimit;
  private final Placements placements;
  private final ServingMeters meters;
  private final NanoClock clock;
  private final ResponseCaches caches;

  VersionOpener(
      LifecycleSettings settings, Placements placements, ServingMeters meters, NanoClock clock) {
    warmUpLimit = settings.loadLimit();
    this.placements = placements;
    this.meters = meters;
    this.clock = clock;
    caches = new ResponseCaches(settings.cacheBytes(), clock);
  }

  /** The places remain the caller's until this returns. */
  LoadedVersion open(VersionOpening opening, Berths berths, long startedNanos) {
    opening.prepare(berths);
    var instances = copies(opening, berths);
    VersionOpening checked;
    ModelMeters own;
    try {
      checked = opening.with(checkedSettings(opening, instances, berths));
      own = meters.open(opening.candidate().model(), opening.candidate().version());
    } catch (RuntimeException | Error e) {
      instances.forEach(ExecutableModel::close);
      throw e;
    }
    var scheduler = warm(checked, instances, berths, own);
    try {
      return loaded(checked, instances, scheduler, own, berths, startedNanos);
    } catch (RuntimeException | Error e) {
      scheduler.close();
      own.close();
      throw e;
    }
  }

  /** Threads that a copy starts for itself would yield for as long as it lives. */
  private static List<ExecutableModel> copies(VersionOpening opening, Berths berths) {
    return opening.startsThreads(berths)
        ? opening.openAll(berths)
        : Background.call(() -> opening.openAll(berths), berths, opening.haste());
  }

  private static ModelSettings checkedSettings(
      VersionOpening opening, List<ExecutableModel> instances, Berths berths) {
    return Background.call(() -> consistent(opening, instances), berths, opening.haste());
  }

  private static ModelSettings consistent(VersionOpening opening, List<ExecutableModel> instances) {
    return BatchConsistency.checked(
        opening.settings(),
        opening.candidate(),
        opening.turns().inTurn(instances.getFirst()),
        opening.files().golden());
  }

  /** From here on the scheduler owns the instances, also where this fails. */
  private ModelScheduler warm(
      VersionOpening opening, List<ExecutableModel> instances, Berths berths, ModelMeters own) {
    var repairs = new InstanceRepairs(opening, berths, placements, clock);
    try {
      return ModelScheduler.startWarm(
          instances,
          opening.settings().scheduling(),
          new SchedulerContext(own, clock, opening.turns().shares(), repairs),
          warmUpLimit,
          work -> Background.run(work, berths, opening.haste()));
    } catch (RuntimeException | Error e) {
      own.close();
      throw e;
    }
  }

  private LoadedVersion loaded(
      VersionOpening opening,
      List<ExecutableModel> instances,
      ModelScheduler scheduler,
      ModelMeters own,
      Berths berths,
      long startedNanos) {
    var settings = opening.settings();
    var signature = instances.getFirst().signature();
    var sequences = SequencePlans.of(opening.files().config(), signature, instances.size());
    var cache = sequences == null ? caches.open(settings.cacheBytes(), own) : null;
    return new LoadedVersion(
        opening.candidate(),
        opening.describe(sequences == null ? signature : sequences.visible()),
        new LoadedVersion.Workers(
            sequences == null
                ? scheduler
                : new SequenceScheduler(
                    scheduler, sequences, own, clock, settings.scheduling().maxQueueRows()),
            own,
            berths,
            cache,
            settings.placement().residence(),
            opening.mostRowsOfRequest()),
        Duration.ofNanos(clock.nanos() - startedNanos),
        Instant.now());
  }
}
