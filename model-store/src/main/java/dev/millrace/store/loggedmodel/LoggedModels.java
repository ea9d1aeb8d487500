package dev.millrace.store.loggedmodel;

import dev.millrace.protocol.mlflow.LoggedModel;
import dev.millrace.protocol.mlflow.LoggedModelInfo;
import dev.millrace.protocol.mlflow.Param;
import dev.millrace.protocol.mlflow.Tag;
import dev.millrace.store.database.Database;
import dev.millrace.store.experiment.Experiments;
import dev.millrace.store.failure.StoreException;
import dev.millrace.store.naming.Keys;
import dev.millrace.store.naming.RandomName;
import java.time.Clock;
import java.util.List;
import java.util.UUID;
import org.springframework.stereotype.Service;

/** What can be done with logged models. */
@Service
public final class LoggedModels {
  private static final int MAX_NAME = 500;
  private static final int MAX_ENTRIES = 1_000;
  private static final int MAX_PARAM_VALUE = 6_000;
  private static final int MAX_TAG_VALUE = 8_000;

  /** A model that is about to be logged. */
  record Draft(
      String experimentId,
      String name,
      String modelType,
      String sourceRunId,
      List<Param> params,
      List<Tag> tags) {}

  private final Database database;
  private final Experiments experiments;
  private final JdbcLoggedModels rows;
  private final Clock clock = Clock.systemUTC();

  LoggedModels(Database database, Experiments experiments, JdbcLoggedModels rows) {
    this.database = database;
    this.experiments = experiments;
    this.rows = rows;
  }

  /** A logged model that is not deleted. */
  public LoggedModel get(String id) {
    return database.read(() -> rows.find(id)).orElseThrow(() -> none(id));
  }

  LoggedModel create(Draft draft) {
    Keys.requireLength("name", draft.name(), MAX_NAME);
    check(draft.params(), draft.tags());
    return database.write(
        () -> {
          var experiment = experiments.requireActive(draft.experimentId());
          var info = info(draft, experiment.artifactLocation());
          rows.insert(info);
          draft.params().forEach(param -> rows.addParam(info.modelId(), param));
          draft.tags().forEach(tag -> rows.setTag(info.modelId(), tag));
          return get(info.modelId());
        });
  }

  /** Takes the status by its name. */
  LoggedModel finish(String id, String status) {
    var wanted =
        LoggedModelStatus.named(status)
            .orElseThrow(
                () ->
                    StoreException.invalid(
                        "Invalid value \"%s\" for parameter 'status' supplied. Valid values are %s."
                            .formatted(status, List.of(LoggedModelStatus.values()))));
    return change(id, () -> rows.setStatus(id, wanted, clock.millis()));
  }

  void delete(String id) {
    database.write(
        () -> {
          get(id);
          rows.delete(id, clock.millis());
        });
  }

  void setTags(String id, List<Tag> tags) {
    check(List.of(), tags);
    change(id, () -> tags.forEach(tag -> rows.setTag(id, tag)));
  }

  void deleteTag(String id, String key) {
    change(
        id,
        () -> {
          if (!rows.deleteTag(id, key)) {
            throw StoreException.missing(
                "No tag with key '%s' found for model with ID '%s'.".formatted(key, id));
          }
        });
  }

  void logParams(String id, List<Param> params) {
    check(params, List.of());
    change(
        id,
        () -> {
          for (Param param : params) {
            if (!rows.addParam(id, param)) {
              throw StoreException.invalid(
                  "Changing param values is not allowed. Model '%s' has a param with key='%s' already."
                      .formatted(id, param.key()));
            }
          }
        });
  }

  private LoggedModel change(String id, Runnable work) {
    return database.write(
        () -> {
          get(id);
          work.run();
          return get(id);
        });
  }

  private LoggedModelInfo info(Draft draft, String experimentLocation) {
    var id = "m-" + UUID.randomUUID().toString().replace("-", "");
    var now = clock.millis();
    return new LoggedModelInfo(
        id,
        draft.experimentId(),
        draft.name().isEmpty() ? RandomName.next() : draft.name(),
        now,
        now,
        experimentLocation + "/models/" + id + "/artifacts",
        LoggedModelStatus.LOGGED_MODEL_PENDING.name(),
        draft.modelType(),
        draft.sourceRunId(),
        List.of());
  }

  private static void check(List<Param> params, List<Tag> tags) {
    if (params.size() + tags.size() > MAX_ENTRIES) {
      throw StoreException.invalid(
          "A logged model takes at most %s params and tags in one request. Got %s."
              .formatted(MAX_ENTRIES, params.size() + tags.size()));
    }
    for (Param param : params) {
      Keys.require("key", "Param key", param.key());
      Keys.requireLength("Param value", param.value(), MAX_PARAM_VALUE);
    }
    for (Tag tag : tags) {
      Keys.require("key", "Tag key", tag.key());
      Keys.requireLength("Tag value", tag.value(), MAX_TAG_VALUE);
    }
  }

  private static StoreException none(String id) {
    return StoreException.missing("Logged model with ID '%s' not found.".formatted(id));
  }
}
