package dev.millrace.store.run;

import dev.millrace.protocol.mlflow.Experiment;
import dev.millrace.protocol.mlflow.Run;
import dev.millrace.protocol.mlflow.RunInfo;
import dev.millrace.protocol.mlflow.RunStatus;
import dev.millrace.protocol.mlflow.Tag;
import dev.millrace.store.database.Database;
import dev.millrace.store.experiment.Experiments;
import dev.millrace.store.failure.StoreException;
import dev.millrace.store.naming.RandomName;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Service;

/** What can be done with runs themselves. */
@Service
public final class Runs {
  /** The tag that follows the run's name, and the other way round. */
  static final String NAME_TAG = "mlflow.runName";

  /** How a run starts. */
  record Start(
      String experimentId,
      String userId,
      String runName,
      @Nullable Long startTime,
      List<Tag> tags) {}

  /** What changes of a run: nulls and the empty name stay as they are. */
  record Update(@Nullable String status, @Nullable Long endTime, String runName) {}

  private final Database database;
  private final Experiments experiments;
  private final JdbcRuns rows;
  private final JdbcRunData data;
  private final Clock clock = Clock.systemUTC();

  Runs(Database database, Experiments experiments, JdbcRuns rows, JdbcRunData data) {
    this.database = database;
    this.experiments = experiments;
    this.rows = rows;
    this.data = data;
  }

  /** What a run is, deleted or not. */
  public RunInfo info(String runId) {
    return database.read(() -> rows.find(runId)).orElseThrow(() -> none(runId));
  }

  /** The run, which must not be deleted. */
  RunInfo requireActive(String runId) {
    var info = info(runId);
    if (!info.lifecycleStage().equals("active")) {
      throw StoreException.invalid(
          "The run %s must be in the 'active' state. Current state is %s."
              .formatted(runId, info.lifecycleStage()));
    }
    return info;
  }

  Run get(String runId) {
    return database.read(() -> data.complete(List.of(info(runId))).getFirst());
  }

  Run create(Start start) {
    var name = name(start);
    var tags = new ArrayList<>(start.tags());
    if (tags.stream().noneMatch(tag -> tag.key().equals(NAME_TAG))) {
      tags.add(new Tag(NAME_TAG, name));
    }
    var batch = new Batch(List.of(), List.of(), tags);
    return database.write(
        () -> {
          var experiment = experiments.requireActive(start.experimentId());
          var info = started(start, name, experiment);
          rows.insert(info);
          data.setTags(info.runId(), batch.tags());
          return get(info.runId());
        });
  }

  RunInfo update(String runId, Update update) {
    return database.write(
        () -> {
          var before = requireActive(runId);
          rows.update(runId, status(update, before), update.endTime());
          if (!update.runName().isEmpty()) {
            rename(runId, update.runName());
            data.setTag(runId, new Tag(NAME_TAG, update.runName()));
          }
          return info(runId);
        });
  }

  void delete(String runId) {
    move(runId, "deleted");
  }

  void restore(String runId) {
    move(runId, "active");
  }

  /** Renames without touching the tag. */
  void rename(String runId, String name) {
    rows.rename(runId, name);
  }

  private void move(String runId, String stage) {
    database.write(
        () -> {
          info(runId);
          rows.move(runId, stage, clock.millis());
        });
  }

  private RunInfo started(Start start, String name, Experiment experiment) {
    var id = UUID.randomUUID().toString().replace("-", "");
    return new RunInfo(
        id,
        name,
        experiment.experimentId(),
        start.userId(),
        RunStatus.RUNNING,
        Objects.requireNonNullElseGet(start.startTime(), clock::millis),
        null,
        experiment.artifactLocation() + "/" + id + "/artifacts",
        "active");
  }

  private static String name(Start start) {
    var tagged =
        start.tags().stream()
            .filter(tag -> tag.key().equals(NAME_TAG))
            .map(Tag::value)
            .reduce("", (_, last) -> last);
    if (start.runName().isEmpty()) {
      return tagged.isEmpty() ? RandomName.next() : tagged;
    }
    if (!tagged.isEmpty() && !tagged.equals(start.runName())) {
      throw StoreException.invalid(
          "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values (run_name='%s', mlflow.runName='%s')."
              .formatted(start.runName(), tagged));
    }
    return start.runName();
  }

  /** Like MLflow, ignores a status that nobody knows. */
  private static RunStatus status(Update update, RunInfo before) {
    for (RunStatus status : RunStatus.values()) {
      if (status.name().equals(update.status())) {
        return status;
      }
    }
    return before.status();
  }

  private static StoreException none(String runId) {
    return StoreException.missing("Run with id=%s not found".formatted(runId));
  }
}
