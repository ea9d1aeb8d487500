package dev.millrace.store.run;

import dev.millrace.protocol.mlflow.Dataset;
import dev.millrace.protocol.mlflow.DatasetInput;
import dev.millrace.protocol.mlflow.Metric;
import dev.millrace.protocol.mlflow.ModelInput;
import dev.millrace.protocol.mlflow.ModelOutput;
import dev.millrace.protocol.mlflow.Param;
import dev.millrace.protocol.mlflow.Tag;
import dev.millrace.store.edge.MlflowApi;
import dev.millrace.store.edge.Parameters;
import dev.millrace.store.failure.StoreException;
import java.util.Map;
import java.util.stream.Stream;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;

/** MLflow's routes for what a run logs. */
@MlflowApi
@RequestMapping("/2.0/mlflow")
final class LogController {
  private final RunLog log;

  LogController(RunLog log) {
    this.log = log;
  }

  @PostMapping("/runs/log-metric")
  Map<String, String> logMetric(Parameters p) {
    log.metric(RunController.runId(p), metric(p), aboutModel(p).toList());
    return Map.of();
  }

  @PostMapping("/runs/log-parameter")
  Map<String, String> logParameter(Parameters p) {
    log.param(RunController.runId(p), new Param(p.required("key"), p.requiredOrEmpty("value")));
    return Map.of();
  }

  @PostMapping("/runs/set-tag")
  Map<String, String> setTag(Parameters p) {
    log.tag(RunController.runId(p), new Tag(p.required("key"), p.text("value", "")));
    return Map.of();
  }

  @PostMapping("/runs/delete-tag")
  Map<String, String> deleteTag(Parameters p) {
    log.deleteTag(p.required("run_id"), p.required("key"));
    return Map.of();
  }

  @PostMapping("/runs/log-batch")
  Map<String, String> logBatch(Parameters p) {
    var metrics = p.objects("metrics").stream().map(LogController::metric).toList();
    var aboutModels = p.objects("metrics").stream().flatMap(LogController::aboutModel).toList();
    var batch = new Batch(metrics, aboutModels, p.params("params"), p.tags("tags"));
    log.batch(p.required("run_id"), batch);
    return Map.of();
  }

  @PostMapping("/runs/log-inputs")
  Map<String, String> logInputs(Parameters p) {
    var datasets = p.objects("datasets").stream().map(LogController::datasetInput).toList();
    var models = p.objects("models").stream().map(m -> new ModelInput(m.required("model_id")));
    log.inputs(p.required("run_id"), datasets, models.toList());
    return Map.of();
  }

  @PostMapping("/runs/outputs")
  Map<String, String> logOutputs(Parameters p) {
    var models =
        p.objects("models").stream()
            .map(m -> new ModelOutput(m.required("model_id"), m.number("step", 0)));
    log.outputs(p.required("run_id"), models.toList());
    return Map.of();
  }

  private static Metric metric(Parameters p) {
    return new Metric(
        p.required("key"),
        p.requiredDouble("value"),
        p.requiredNumber("timestamp"),
        p.number("step", 0));
  }

  private static Stream<ModelMetric> aboutModel(Parameters p) {
    var model = p.text("model_id", "");
    return model.isEmpty()
        ? Stream.of()
        : Stream.of(
            new ModelMetric(model, metric(p), p.text("dataset_name"), p.text("dataset_digest")));
  }

  private static DatasetInput datasetInput(Parameters p) {
    var dataset = p.object("dataset");
    if (dataset == null) {
      throw StoreException.withoutParameter(p.path("dataset"));
    }
    return new DatasetInput(
        p.tags("tags"),
        new Dataset(
            dataset.required("name"),
            dataset.text("digest", ""),
            dataset.text("source_type", ""),
            dataset.text("source", ""),
            dataset.text("schema"),
            dataset.text("profile")));
  }
}
