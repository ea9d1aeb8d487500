package dev.millrace.store.run;

import dev.millrace.protocol.mlflow.DatasetInput;
import dev.millrace.protocol.mlflow.Metric;
import dev.millrace.protocol.mlflow.ModelInput;
import dev.millrace.protocol.mlflow.ModelOutput;
import dev.millrace.protocol.mlflow.Param;
import dev.millrace.protocol.mlflow.Tag;
import dev.millrace.store.database.Database;
import dev.millrace.store.failure.StoreException;
import dev.millrace.store.naming.Keys;
import java.util.Comparator;
import java.util.List;
import org.springframework.stereotype.Service;

/** What a run logs: metrics, params, tags, inputs, outputs. */
@Service
final class RunLog {
  private final Database database;
  private final Runs runs;
  private final JdbcMetrics metrics;
  private final JdbcModelMetrics modelMetrics;
  private final JdbcRunData data;
  private final JdbcInputs inputs;

  RunLog(
      Database database,
      Runs runs,
      JdbcMetrics metrics,
      JdbcModelMetrics modelMetrics,
      JdbcRunData data,
      JdbcInputs inputs) {
    this.database = database;
    this.runs = runs;
    this.metrics = metrics;
    this.modelMetrics = modelMetrics;
    this.data = data;
    this.inputs = inputs;
  }

  void metric(String runId, Metric metric, List<ModelMetric> aboutModel) {
    Keys.require("name", "Metric name", metric.key());
    batch(runId, new Batch(List.of(metric), aboutModel, List.of(), List.of()));
  }

  void param(String runId, Param param) {
    Keys.require("key", "Param key", param.key());
    batch(runId, new Batch(List.of(), List.of(param), List.of()));
  }

  void tag(String runId, Tag tag) {
    Keys.require("key", "Tag key", tag.key());
    batch(runId, new Batch(List.of(), List.of(), List.of(tag)));
  }

  void batch(String runId, Batch batch) {
    database.write(
        () -> {
          runs.requireActive(runId);
          writeOnce(runId, batch.params());
          metrics.add(runId, batch.metrics());
          batch.modelMetrics().forEach(measured -> add(runId, measured));
          set(runId, batch.tags());
        });
  }

  void deleteTag(String runId, String key) {
    database.write(
        () -> {
          runs.requireActive(runId);
          if (!data.deleteTag(runId, key)) {
            throw StoreException.missing(
                "No tag with name: %s in run with id %s".formatted(key, runId));
          }
        });
  }

  void inputs(String runId, List<DatasetInput> datasets, List<ModelInput> models) {
    DatasetLimits.check(datasets);
    database.write(
        () -> {
          var experimentId = runs.requireActive(runId).experimentId();
          inOneOrder(datasets).forEach(dataset -> inputs.addDataset(runId, experimentId, dataset));
          models.forEach(model -> inputs.addModelInput(runId, model));
        });
  }

  void outputs(String runId, List<ModelOutput> models) {
    database.write(
        () -> {
          runs.requireActive(runId);
          models.forEach(model -> inputs.addModelOutput(runId, model));
        });
  }

  /** Runs that read the same data sets take them in the same order, or they wait in a circle. */
  private static List<DatasetInput> inOneOrder(List<DatasetInput> datasets) {
    return datasets.stream()
        .sorted(
            Comparator.comparing((DatasetInput input) -> input.dataset().name())
                .thenComparing(input -> input.dataset().digest()))
        .toList();
  }

  private void writeOnce(String runId, List<Param> params) {
    var stored = data.addParams(runId, params);
    for (Param param : params) {
      var value = stored.get(param.key());
      if (!param.value().equals(value)) {
        throw StoreException.invalid(
            "Changing param values is not allowed. Param with key='%s' was already logged with value='%s' for run ID='%s'. Attempted logging new value '%s'."
                .formatted(param.key(), value, runId, param.value()));
      }
    }
  }

  private void add(String runId, ModelMetric measured) {
    if (!modelMetrics.add(runId, measured)) {
      throw StoreException.missing(
          "Logged model with ID '%s' not found.".formatted(measured.modelId()));
    }
  }

  private void set(String runId, List<Tag> tags) {
    data.setTags(runId, tags);
    for (Tag tag : tags) {
      if (tag.key().equals(Runs.NAME_TAG)) {
        runs.rename(runId, tag.value());
      }
    }
  }
}
