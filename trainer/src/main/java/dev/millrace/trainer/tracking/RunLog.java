package dev.millrace.trainer.tracking;

import dev.millrace.protocol.mlflow.Metric;
import dev.millrace.protocol.mlflow.MlflowClient;
import dev.millrace.protocol.mlflow.MlflowException;
import dev.millrace.protocol.mlflow.Param;
import dev.millrace.protocol.mlflow.RunInfo;
import dev.millrace.protocol.mlflow.RunStatus;
import dev.millrace.protocol.mlflow.Tag;
import dev.millrace.protocol.packaging.ModelPackage;
import dev.millrace.trainer.evaluation.Verdict;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One run in the store. One thread; blocks; an interrupt ends the wait. */
public final class RunLog {
  static final String SHA256 = "millrace.sha256";
  static final String VERDICT = "millrace.verdict";
  static final String REASON = "millrace.reason";

  private static final String PACKAGE = "model";
  private static final Patience LAST_WORDS = new Patience(Duration.ofMillis(500));
  private static final Logger log = LoggerFactory.getLogger(RunLog.class);

  private final MlflowClient client;
  private final Patience patience;
  private final RunInfo run;
  private final List<Metric> unsent = new ArrayList<>();

  RunLog(MlflowClient client, Patience patience, RunInfo run) {
    this.client = client;
    this.patience = patience;
    this.run = run;
  }

  /** The run's id in the store. */
  public String id() {
    return run.runId();
  }

  /** Writes the settings of the run. */
  public void params(Map<String, String> params) {
    var list = params.entrySet().stream().map(e -> new Param(e.getKey(), e.getValue())).toList();
    patience.run(() -> client.logBatch(id(), List.of(), list, List.of()));
  }

  /**
   * Writes the metrics of an epoch, or keeps them for later when the store is away: training goes
   * on.
   */
  public void epoch(int epoch, Map<String, Double> metrics) {
    keep(epoch, metrics);
    try {
      send();
    } catch (MlflowException e) {
      if (!Patience.isPassing(e)) {
        throw e;
      }
      log.warn(
          "Metrics kept for later: run={} points={} why={}", id(), unsent.size(), e.getMessage());
    }
  }

  /** Writes metrics, and those kept before, waiting for the store. */
  public void metrics(int epoch, Map<String, Double> metrics) {
    keep(epoch, metrics);
    patience.run(this::send);
  }

  /** Uploads the package; its place is {@link #packageUri}. */
  public void upload(ModelPackage written) {
    patience.run(() -> client.uploadArtifacts(run, PACKAGE, written.folder()));
  }

  /**
   * Writes the verdict on the run and ends it, waiting for the store. What the store does not take
   * is lost: the version and its alias, which count, have been written before.
   */
  public void finish(Verdict verdict) {
    var tags = List.of(new Tag(VERDICT, word(verdict)), new Tag(REASON, verdict.reason()));
    try {
      patience.run(() -> client.logBatch(id(), List.of(), List.of(), tags));
      patience.run(() -> client.finishRun(id(), RunStatus.FINISHED));
    } catch (MlflowException e) {
      warnNotRecorded(RunStatus.FINISHED, e);
    }
  }

  /** Ends a run that failed. A store that is away is not waited for: the run's end is then lost. */
  public void fail(String reason) {
    end(RunStatus.FAILED, reason);
  }

  /** Ends a run that somebody cancelled; like {@link #fail}. */
  public void kill() {
    end(RunStatus.KILLED, "Cancelled");
  }

  private void end(RunStatus status, String reason) {
    try {
      LAST_WORDS.run(() -> client.finishRun(id(), status));
      LAST_WORDS.run(() -> client.setTag(id(), REASON, reason));
    } catch (MlflowException e) {
      warnNotRecorded(status, e);
    }
  }

  private void warnNotRecorded(RunStatus status, MlflowException e) {
    log.warn("End of run not recorded: run={} status={} why={}", id(), status, e.getMessage());
  }

  String packageUri() {
    return run.artifactUri() + "/" + PACKAGE;
  }

  static String word(Verdict verdict) {
    return verdict.outcome() == Verdict.Outcome.CHAMPION ? "promoted" : "rejected";
  }

  private void keep(int epoch, Map<String, Double> metrics) {
    long now = System.currentTimeMillis();
    metrics.forEach((key, value) -> unsent.add(new Metric(key, value, now, epoch)));
  }

  private void send() {
    client.logBatch(id(), List.copyOf(unsent), List.of(), List.of());
    unsent.clear();
  }
}
