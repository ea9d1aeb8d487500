package dev.millrace.loadtest.bench;

import dev.millrace.loadtest.fixture.FixtureModel;
import dev.millrace.loadtest.traffic.Protocol;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is measured, how long and against which jar. `warmUp` goes before each model and protocol,
 * `cell` is the time of one line; `out` is a file for the table.
 */
public record BenchPlan(
    Path serviceJar,
    List<FixtureModel> models,
    List<Protocol> protocols,
    List<Integer> callers,
    Duration warmUp,
    Duration cell,
    @Nullable Path out) {
  /** Copies the lists and refuses empty ones. */
  public BenchPlan {
    models = List.copyOf(models);
    protocols = List.copyOf(protocols);
    callers = List.copyOf(callers);
    if (models.isEmpty() || protocols.isEmpty() || callers.isEmpty()) {
      throw new IllegalArgumentException(
          "Models %s, protocols %s and callers %s: each needs at least one."
              .formatted(models, protocols, callers));
    }
  }
}
