package dev.millrace.loadtest.bench;

import dev.millrace.loadtest.fixture.FixtureModel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is measured, how long and against which jar. `warmUp` goes once before each model and
 * protocol, `cell` is the time of one line in one round, `scenario` that of one phase of a
 * scenario; `out` is a file for the tables.
 */
public record BenchPlan(
    Path serviceJar,
    List<String> javaOptions,
    Set<Part> parts,
    List<FixtureModel> models,
    int rounds,
    Duration warmUp,
    Duration cell,
    Duration scenario,
    @Nullable Path out) {
  /** Copies the lists and refuses empty ones. */
  public BenchPlan {
    javaOptions = List.copyOf(javaOptions);
    models = List.copyOf(models);
    if (models.isEmpty() || parts.isEmpty() || rounds < 1) {
      throw new IllegalArgumentException(
          "Models %s, parts %s, rounds %d: each needs at least one."
              .formatted(models, parts, rounds));
    }
    parts = EnumSet.copyOf(parts);
  }

  /** Whether it only shows that everything works. */
  boolean isQuick() {
    return scenario.compareTo(Duration.ofSeconds(5)) < 0;
  }

  /**
   * How many requests are in flight at a time, for each model: what a heavy one can use is less.
   */
  List<Integer> callers(FixtureModel model) {
    return switch (model) {
      case MLP, LENET5 -> List.of(1, 8, 64);
      case MINILM -> List.of(8);
      case RESNET18 -> List.of(1);
    };
  }
}
