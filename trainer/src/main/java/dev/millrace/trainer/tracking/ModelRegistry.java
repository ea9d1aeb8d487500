package dev.millrace.trainer.tracking;

import dev.millrace.protocol.mlflow.MlflowClient;
import dev.millrace.protocol.mlflow.ModelVersion;
import dev.millrace.protocol.mlflow.Tag;
import dev.millrace.protocol.packaging.ModelPackage;
import dev.millrace.trainer.evaluation.Verdict;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * One registered model: its champion, its new versions, its aliases. Blocks; an interrupt ends the
 * wait.
 */
public final class ModelRegistry {
  private static final String CHAMPION = "champion";
  private static final String CHALLENGER = "challenger";

  private final MlflowClient client;
  private final Patience patience;
  private final String model;

  ModelRegistry(MlflowClient client, Patience patience, String model) {
    this.client = client;
    this.patience = patience;
    this.model = model;
  }

  /** The version that the alias {@code champion} points to now. */
  public Optional<String> champion() {
    return patience.call(() -> client.versionByAlias(model, CHAMPION)).map(ModelVersion::version);
  }

  /** Fetches the package of a version into an empty folder and verifies it. */
  public ModelPackage download(String version, Path folder) {
    var registered = patience.call(() -> client.modelVersion(model, version));
    var uri = patience.call(() -> client.downloadUri(model, version));
    patience.run(() -> client.downloadArtifacts(uri, folder));
    return ModelPackage.verified(folder, registered.tag(RunLog.SHA256).orElse(null));
  }

  /** Registers what a run has uploaded, with its digest; the answer is the run's one version. */
  public String register(RunLog run, ModelPackage uploaded) {
    var tags = List.of(new Tag(RunLog.SHA256, uploaded.sha256OfSums()));
    patience.run(() -> client.ensureRegisteredModel(model));
    return patience.call(() -> registered(run, tags)).version();
  }

  /** Looks first: an earlier attempt may have registered it, and only its answer was lost. */
  private ModelVersion registered(RunLog run, List<Tag> tags) {
    return client
        .versionOfRun(model, run.id())
        .orElseGet(() -> client.createModelVersion(model, run.packageUri(), run.id(), tags));
  }

  /** Writes the verdict on the version, then moves the alias it earned. */
  public void apply(Verdict verdict, String version) {
    tag(version, RunLog.VERDICT, RunLog.word(verdict));
    tag(version, RunLog.REASON, verdict.reason());
    switch (verdict.outcome()) {
      case CHAMPION -> alias(CHAMPION, version);
      case CHALLENGER -> alias(CHALLENGER, version);
      case NEITHER -> {}
    }
  }

  private void alias(String alias, String version) {
    patience.run(() -> client.setAlias(model, alias, version));
  }

  private void tag(String version, String key, String value) {
    patience.run(() -> client.setModelVersionTag(model, version, key, value));
  }
}
