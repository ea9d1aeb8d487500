package dev.millrace.protocol.mlflow;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * A client of model-store or of any MLflow server that proxies its artifacts.
 *
 * <p>Thread-safe. Every method blocks its caller, at most 30 seconds for a call (beyond the time
 * that it was told to wait) and 10 minutes for each file, and throws {@link MlflowException} when
 * the store refuses or does not answer. An interrupt ends the wait.
 */
public final class MlflowClient {
  private static final String ROOT = "/api/2.0/mlflow/";
  private static final int PAGE = 1000;

  private final MlflowHttp http;
  private final ArtifactTransfer artifacts;
  private final AliasCalls aliases;

  /**
   * A client of one store; connects with the first call.
   *
   * @param token sent as {@code Authorization: Bearer} when not null
   */
  public MlflowClient(URI store, @Nullable String token) {
    this.http = new MlflowHttp(store, token);
    this.artifacts = new ArtifactTransfer(http);
    this.aliases = new AliasCalls(http);
  }

  /** The id of the experiment with this name, which is created when there is none. */
  public String experimentId(String name) {
    return findExperiment(name).orElseGet(() -> createExperiment(name));
  }

  /** Starts a run; its status is RUNNING. */
  public RunInfo createRun(String experimentId, String runName, List<Tag> tags) {
    var body =
        Map.of(
            "experiment_id", experimentId,
            "run_name", runName,
            "start_time", System.currentTimeMillis(),
            "tags", tags);
    return http.read(post("runs/create", body), "run", Run.class).info();
  }

  /** Logs all of it or nothing; at most 1,000 entries, of these 100 params and 100 tags. */
  public void logBatch(String runId, List<Metric> metrics, List<Param> params, List<Tag> tags) {
    post(
        "runs/log-batch",
        Map.of("run_id", runId, "metrics", metrics, "params", params, "tags", tags));
  }

  /** Sets a tag of a run. */
  public void setTag(String runId, String key, String value) {
    post("runs/set-tag", Map.of("run_id", runId, "key", key, "value", value));
  }

  /** Ends a run now with this status. */
  public void finishRun(String runId, RunStatus status) {
    var body = Map.of("run_id", runId, "status", status, "end_time", System.currentTimeMillis());
    post("runs/update", body);
  }

  /** The run with the latest point of each metric. */
  public Run run(String runId) {
    return http.read(get("runs/get", Map.of("run_id", runId)), "run", Run.class);
  }

  /** Uploads every file below the folder to {@code artifactPath} below the run's artifacts. */
  public void uploadArtifacts(RunInfo run, String artifactPath, Path folder) {
    artifacts.upload(folder, run.artifactUri() + "/" + artifactPath);
  }

  /**
   * Downloads every file below an artifact location into a folder, which is created. Never writes
   * outside it. After a failure the folder holds a part of the files.
   *
   * @param artifactUri {@code mlflow-artifacts:...}, or {@code models:/m-...} of a logged model
   */
  public void downloadArtifacts(String artifactUri, Path folder) {
    artifacts.download(resolved(artifactUri), folder);
  }

  /** Creates the registered model unless it is there. */
  public void ensureRegisteredModel(String name) {
    try {
      post("registered-models/create", Map.of("name", name));
    } catch (MlflowException e) {
      if (!e.errorCode().equals("RESOURCE_ALREADY_EXISTS")) {
        throw e;
      }
    }
  }

  /** Registers the package at {@code source}, which the run wrote, as the next version. */
  public ModelVersion createModelVersion(String name, String source, String runId, List<Tag> tags) {
    var body = Map.of("name", name, "source", source, "run_id", runId, "tags", tags);
    return version(post("model-versions/create", body));
  }

  /** The version of a registered model that this run wrote; the newest where there are several. */
  public Optional<ModelVersion> versionOfRun(String name, String runId) {
    var answer = get("model-versions/search", Map.of("filter", "run_id = '" + runId + "'"));
    if (!answer.has("model_versions")) {
      return Optional.empty();
    }
    return Arrays.stream(http.read(answer, "model_versions", ModelVersion[].class))
        .filter(version -> version.name().equals(name))
        .max(Comparator.comparingLong(version -> Long.parseLong(version.version())));
  }

  /** One version of a registered model. */
  public ModelVersion modelVersion(String name, String version) {
    return version(get("model-versions/get", Map.of("name", name, "version", version)));
  }

  /** Sets a tag of a version. */
  public void setModelVersionTag(String name, String version, String key, String value) {
    post(
        "model-versions/set-tag",
        Map.of("name", name, "version", version, "key", key, "value", value));
  }

  /** Points the alias to a version, away from the one it pointed to. */
  public void setAlias(String name, String alias, String version) {
    post("registered-models/alias", Map.of("name", name, "alias", alias, "version", version));
  }

  /** The version an alias points to; empty when there is no such alias or no such model. */
  public Optional<ModelVersion> versionByAlias(String name, String alias) {
    try {
      return Optional.of(
          version(get("registered-models/alias", Map.of("name", name, "alias", alias))));
    } catch (MlflowException e) {
      if (e.errorCode().equals("RESOURCE_DOES_NOT_EXIST") || saysThereIsNoAlias(e)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Moves the alias back to the version before its last move which is still there. */
  public AliasRolledBack rollBackAlias(String name, String alias, String reason) {
    return aliases.rollBack(name, alias, reason);
  }

  /**
   * The last moves of an alias, the newest first.
   *
   * @param most up to 1,000
   */
  public List<AliasMove> aliasHistory(String name, String alias, int most) {
    return aliases.history(name, alias, most);
  }

  /** Where an alias points, and the revision to {@link #watchAlias} it from. */
  public AliasState aliasState(String name, String alias) {
    return aliases.state(name, alias);
  }

  /**
   * Where an alias points as soon as that is not of this revision any more, or when the time is
   * over. Only model-store can tell: see {@link MlflowException#isUnknownRoute}.
   *
   * @param timeout at most a minute
   */
  public AliasState watchAlias(String name, String alias, long since, Duration timeout) {
    return aliases.watch(name, alias, since, timeout);
  }

  /** The revision of the last move of any alias of any model. */
  public long aliasRevision() {
    return aliases.revision();
  }

  /** The same, as soon as it is another one, or when the time, at most a minute, is over. */
  public long watchAliases(long since, Duration timeout) {
    return aliases.watchAll(since, timeout);
  }

  /** All registered models, with their aliases, over all pages. */
  public List<RegisteredModel> registeredModels() {
    var models = new ArrayList<RegisteredModel>();
    var query = new HashMap<>(Map.of("max_results", String.valueOf(PAGE)));
    JsonNode page;
    do {
      page = get("registered-models/search", query);
      if (page.has("registered_models")) {
        models.addAll(List.of(http.read(page, "registered_models", RegisteredModel[].class)));
      }
      query.put("page_token", page.path("next_page_token").asString(""));
    } while (page.has("next_page_token"));
    return List.copyOf(models);
  }

  /** Where the files of a version lie, in a form that {@link #downloadArtifacts} takes. */
  public String downloadUri(String name, String version) {
    var query = Map.of("name", name, "version", version);
    var answer = get("model-versions/get-download-uri", query);
    return resolved(http.read(answer, "artifact_uri", String.class));
  }

  private Optional<String> findExperiment(String name) {
    try {
      var answer = get("experiments/get-by-name", Map.of("experiment_name", name));
      return Optional.of(http.read(answer, "experiment", Experiment.class).experimentId());
    } catch (MlflowException e) {
      if (e.errorCode().equals("RESOURCE_DOES_NOT_EXIST")) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private String createExperiment(String name) {
    try {
      var answer = post("experiments/create", Map.of("name", name));
      return http.read(answer, "experiment_id", String.class);
    } catch (MlflowException e) {
      // Somebody else created it since we looked.
      return findExperiment(name).orElseThrow(() -> e);
    }
  }

  /**
   * MLflow 3 registers {@code models:/m-ID} and keeps the place of the files in the logged model.
   */
  private String resolved(String artifactUri) {
    if (!artifactUri.startsWith("models:/")) {
      return artifactUri;
    }
    var id = artifactUri.substring("models:/".length());
    var answer = get("logged-models/" + MlflowHttp.encodedPath(id), Map.of());
    return http.read(answer, "model", LoggedModel.class).info().artifactUri();
  }

  private static boolean saysThereIsNoAlias(MlflowException e) {
    // MLflow answers a missing alias as a bad parameter.
    return e.errorCode().equals("INVALID_PARAMETER_VALUE")
        && String.valueOf(e.getMessage()).endsWith("not found.");
  }

  private ModelVersion version(JsonNode answer) {
    return http.read(answer, "model_version", ModelVersion.class);
  }

  private JsonNode get(String path, Map<String, String> query) {
    return http.get(ROOT + path, query);
  }

  private JsonNode post(String path, Map<String, ?> body) {
    return http.send("POST", ROOT + path, body);
  }
}
