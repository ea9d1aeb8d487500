package dev.millrace.serving.lifecycle;

import dev.millrace.serving.runtime.ModelLoadException;
import dev.millrace.serving.scheduling.ModelScheduler;
import dev.millrace.serving.scheduling.SchedulerContext;
import dev.millrace.serving.scheduling.SchedulerSettings;
import dev.millrace.serving.telemetry.ServingMeters;
import dev.millrace.serving.time.NanoClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/**
 * A model that a server asks itself about before clients may, so that the JIT has seen the way of a
 * request. It is in no list and no metric, and its name cannot be guessed.
 */
public final class RehearsalModel implements AutoCloseable {
  /** Numbers of one row of its input {@code image}. */
  public static final int VALUES = 784;

  private final ModelCatalog catalog;
  private final ServedModel served;
  private final LoadedVersion version;

  /** Answers from now on. */
  public RehearsalModel(ModelCatalog catalog, NanoClock clock) {
    this.catalog = catalog;
    served = new ServedModel("rehearsal-" + UUID.randomUUID(), catalog.epoch());
    version = version(served.name(), clock);
    served.change(_ -> Serving.only(version), "");
    catalog.hide(served);
  }

  /** What requests call it. */
  public String name() {
    return served.name();
  }

  /** Answers no more. Blocks until those under way are over, some seconds at most. */
  @Override
  public void close() {
    catalog.unhide();
    version.close();
  }

  private static LoadedVersion version(String name, NanoClock clock) {
    var scheduling = SchedulerSettings.defaults();
    var instance = new RehearsalInstance(scheduling.maxBatchRows());
    var meters = new ServingMeters(new SimpleMeterRegistry(), clock).open(name, "1");
    var scheduler =
        ModelScheduler.startWarm(
            List.of(instance),
            scheduling,
            SchedulerContext.alone(meters, clock),
            Duration.ofSeconds(10),
            Runnable::run);
    return new LoadedVersion(
        new Candidate(name, "1", name, RehearsalModel::noFiles),
        new ModelDescription(
            name,
            "1",
            List.of("1"),
            "rehearsal",
            instance.signature(),
            scheduling.maxBatchRows(),
            List.of(),
            null),
        new LoadedVersion.Workers(
            scheduler,
            meters,
            new Berths(name, List.of(), _ -> {}),
            null,
            PlacementSettings.Residence.KEPT,
            Integer.MAX_VALUE),
        Duration.ZERO,
        Instant.now());
  }

  private static ServablePackage noFiles() {
    throw new ModelLoadException("The rehearsal's model has no files", null);
  }
}
