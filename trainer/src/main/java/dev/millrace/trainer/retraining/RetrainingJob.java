package dev.millrace.trainer.retraining;

import dev.millrace.protocol.mlflow.MlflowException;
import dev.millrace.protocol.packaging.ModelPackage;
import dev.millrace.protocol.packaging.PackageContents;
import dev.millrace.protocol.packaging.PackageException;
import dev.millrace.trainer.architecture.Architecture;
import dev.millrace.trainer.architecture.Network;
import dev.millrace.trainer.dataset.DataSet;
import dev.millrace.trainer.dataset.DataSetException;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.evaluation.EvaluationException;
import dev.millrace.trainer.evaluation.OnnxClassifier;
import dev.millrace.trainer.export.ExportException;
import dev.millrace.trainer.export.ImageModelPackage;
import dev.millrace.trainer.export.OnnxExporter;
import dev.millrace.trainer.export.Parity;
import dev.millrace.trainer.tracking.ModelStore;
import dev.millrace.trainer.tracking.RunLog;
import dev.millrace.trainer.training.Training;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One retraining from data to verdict. Stateless: what it finds out goes to the retraining and to
 * the store.
 */
public final class RetrainingJob {
  private static final Logger log = LoggerFactory.getLogger(RetrainingJob.class);

  private final ModelStore store;
  private final Path workspace;
  private final ProgressLine line;

  /**
   * A job that publishes to a store.
   *
   * @param workspace folder for packages under way; emptied as each ends
   */
  public RetrainingJob(ModelStore store, Path workspace, ProgressLine line) {
    this.store = store;
    this.workspace = workspace;
    this.line = line;
  }

  /** Runs to the end on the calling thread; never throws. */
  void run(Retraining retraining) {
    retraining.begin();
    try {
      runInStore(retraining);
    } catch (Throwable e) {
      // Errors of native code too: a retraining without an end would block all that come after it.
      end(retraining, e);
    }
    log.info("Retraining ended: id={} state={}", retraining.id(), retraining.report().state());
  }

  private void runInStore(Retraining retraining) throws IOException {
    var recipe = retraining.recipe();
    activity(retraining, "starting a run in the store");
    var run = store.startRun(recipe.model(), "retraining-" + retraining.id(), recipe.name());
    retraining.runStarted(run.id());
    try {
      run.params(Recipes.settings(recipe));
      trainAndPublish(retraining, run);
    } catch (Throwable e) {
      endRun(retraining, run, e);
      throw e;
    }
  }

  private void trainAndPublish(Retraining retraining, RunLog run) throws IOException {
    var folder = Files.createDirectories(workspace.resolve(retraining.id()));
    try {
      var data = read(retraining);
      var written = train(retraining, run, data, folder);
      var judge = new Judge(store.registry(retraining.recipe().model()), data.heldOut(), folder);
      publish(retraining, run, written, judge);
    } finally {
      Folders.delete(folder);
    }
  }

  private DataSet read(Retraining retraining) {
    activity(retraining, "reading the data");
    var recipe = retraining.recipe();
    var data = DataSet.read(recipe.dataset(), recipe.labels().size());
    return new DataSet(data.training().first(recipe.trainImages()), data.heldOut());
  }

  private ModelPackage train(Retraining retraining, RunLog run, DataSet data, Path folder)
      throws IOException {
    var recipe = retraining.recipe();
    var images = data.training();
    var architecture =
        Architecture.named(
            recipe.architecture(), images.height(), images.width(), recipe.labels().size());
    activity(retraining, "training");
    try (var network = Network.create(architecture, recipe.seed())) {
      var listener = new TrainingReporter(retraining, run, line);
      Training.train(recipe.plan(), data, network, listener);
      activity(retraining, "exporting");
      return export(retraining, run, network, data.heldOut(), folder);
    }
  }

  private static ModelPackage export(
      Retraining retraining, RunLog run, Network network, LabelledImages heldOut, Path folder)
      throws IOException {
    var recipe = retraining.recipe();
    var onnx = folder.resolve("exported.onnx");
    OnnxExporter.write(network, onnx);
    try (var exported =
        OnnxClassifier.open(
            onnx, OnnxExporter.INPUT, OnnxExporter.OUTPUT, heldOut.height(), heldOut.width())) {
      var parity = Parity.measure(network, exported, heldOut);
      run.metrics(recipe.epochs(), Map.of("onnx_parity", parity.largestDifference()));
      parity.require();
      double accuracy = exported.accuracy(heldOut);
      run.metrics(recipe.epochs(), Map.of("heldout_accuracy", accuracy));
      retraining.heldOutAccuracy(accuracy);
    }
    var origin = new PackageContents.Origin(run.id(), Instant.now());
    return ImageModelPackage.write(
        folder.resolve("package"), network, onnx, heldOut, recipe.labels(), origin);
  }

  private void publish(Retraining retraining, RunLog run, ModelPackage written, Judge judge) {
    activity(retraining, "publishing");
    double accuracy = judge.accuracy(written);
    var gate = retraining.recipe().gate();
    judge.prepare();
    run.upload(written);
    retraining.commit();
    var version = judge.registry().register(run, written);
    retraining.version(version);
    var verdict = judge.judge(gate, accuracy);
    judge.registry().apply(verdict, version);
    run.finish(verdict);
    retraining.judged(verdict);
    log.info("Version judged: version={} {}", version, verdict.reason());
  }

  private void activity(Retraining retraining, String now) {
    retraining.requireNotCancelled();
    retraining.activity(now);
    line.activity(now);
  }

  private static void endRun(Retraining retraining, RunLog run, Throwable why) {
    // Cleared, or the store could not be told.
    boolean interrupted = Thread.interrupted();
    if (retraining.isCancelRequested()) {
      run.kill();
    } else {
      run.fail(String.valueOf(why.getMessage()));
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether the message is a sentence of ours, to which a trace would add nothing. */
  private static boolean explainsItself(Throwable why) {
    return why instanceof MlflowException
        || why instanceof PackageException
        || why instanceof DataSetException
        || why instanceof EvaluationException
        || why instanceof ExportException
        || why instanceof IllegalArgumentException;
  }

  private static void end(Retraining retraining, Throwable why) {
    if (retraining.isCancelRequested()) {
      retraining.cancelled();
      return;
    }
    if (explainsItself(why)) {
      log.error("Retraining failed: id={} why={}", retraining.id(), why.getMessage());
      retraining.failed(String.valueOf(why.getMessage()));
    } else {
      log.error("Retraining failed: id={}", retraining.id(), why);
      retraining.failed("The trainer failed (%s); its log says why".formatted(why));
    }
  }
}
