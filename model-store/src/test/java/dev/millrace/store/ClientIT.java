package dev.millrace.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.protocol.mlflow.AliasMove;
import dev.millrace.protocol.mlflow.AliasState;
import dev.millrace.protocol.mlflow.Metric;
import dev.millrace.protocol.mlflow.MlflowClient;
import dev.millrace.protocol.mlflow.MlflowException;
import dev.millrace.protocol.mlflow.Param;
import dev.millrace.protocol.mlflow.RunStatus;
import dev.millrace.protocol.mlflow.Tag;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Our own client against our own store: what trainer and service do. */
class ClientIT {
  @TempDir private static Path home;
  private static RunningStore store;
  private static MlflowClient client;

  @BeforeAll
  static void start() {
    store = RunningStore.in(home, "--millrace.store-token=secret");
    client = new MlflowClient(store.uri(), "secret");
  }

  @AfterAll
  static void stop() {
    store.close();
  }

  @Test
  void logsATraining() {
    var experiment = client.experimentId("digits");
    assertThat(client.experimentId("digits")).isEqualTo(experiment);
    var info = client.createRun(experiment, "training", List.of(new Tag("recipe", "digits")));
    client.logBatch(
        info.runId(),
        List.of(new Metric("loss", 0.5, 10, 1), new Metric("loss", Double.NaN, 20, 2)),
        List.of(new Param("seed", "7")),
        List.of());
    client.setTag(info.runId(), "millrace.verdict", "promoted");
    client.finishRun(info.runId(), RunStatus.FINISHED);
    var run = client.run(info.runId());
    assertThat(run.info().status()).isEqualTo(RunStatus.FINISHED);
    assertThat(run.info().endTime()).isNotNull();
    assertThat(run.data().metric("loss")).contains(new Metric("loss", Double.NaN, 20, 2));
    assertThat(run.data().params()).containsExactly(new Param("seed", "7"));
    assertThat(run.data().tag("millrace.verdict")).contains("promoted");
  }

  @Test
  void publishesAndFetchesAModel(@TempDir Path folder) throws IOException {
    var run = client.createRun(client.experimentId("models"), "training", List.of());
    var files = Files.createDirectories(folder.resolve("package/data"));
    Files.writeString(files.resolve("größe 100%.txt"), "inner");
    Files.write(folder.resolve("package/model.onnx"), new byte[3_000_000]);
    client.uploadArtifacts(run, "model", folder.resolve("package"));
    client.ensureRegisteredModel("published");
    client.ensureRegisteredModel("published");
    assertThat(client.versionOfRun("published", run.runId())).isEmpty();
    var digest = List.of(new Tag("millrace.sha256", "abc"));
    var version =
        client.createModelVersion("published", run.artifactUri() + "/model", run.runId(), digest);
    assertThat(client.versionOfRun("published", run.runId())).contains(version);
    client.setModelVersionTag("published", version.version(), "millrace.verdict", "promoted");
    client.setAlias("published", "champion", version.version());
    var champion = client.versionByAlias("published", "champion").orElseThrow();
    assertThat(champion.version()).isEqualTo("1");
    assertThat(champion.tag("millrace.sha256")).contains("abc");
    assertThat(client.modelVersion("published", "1")).isEqualTo(champion);
    client.downloadArtifacts(client.downloadUri("published", "1"), folder.resolve("copy"));
    assertThat(folder.resolve("copy/model.onnx"))
        .hasSameBinaryContentAs(folder.resolve("package/model.onnx"));
    assertThat(folder.resolve("copy/data/größe 100%.txt")).hasContent("inner");
  }

  @Test
  void listsModelsWithTheirAliases() {
    var run = client.createRun("0", "training", List.of());
    client.ensureRegisteredModel("listed");
    client.createModelVersion("listed", run.artifactUri(), run.runId(), List.of());
    client.setAlias("listed", "champion", "1");
    assertThat(client.registeredModels())
        .filteredOn(model -> model.name().equals("listed"))
        .singleElement()
        .satisfies(model -> assertThat(model.versionByAlias("champion")).contains("1"));
    assertThat(client.versionByAlias("listed", "challenger")).isEmpty();
    assertThat(client.versionByAlias("nobody", "champion")).isEmpty();
  }

  @Test
  void rollsAnAliasBackAndReadsItsHistory() {
    var run = client.createRun("0", "training", List.of());
    client.ensureRegisteredModel("rolled back");
    client.createModelVersion("rolled back", run.artifactUri(), run.runId(), List.of());
    client.createModelVersion("rolled back", run.artifactUri(), run.runId(), List.of());
    client.setAlias("rolled back", "champion", "1");
    client.setAlias("rolled back", "champion", "2");
    var back = client.rollBackAlias("rolled back", "champion", "wrong labels");
    assertThat(back.modelVersion().version()).isEqualTo("1");
    assertThat(back.skippedVersions()).isEmpty();
    assertThat(client.aliasHistory("rolled back", "champion", 10))
        .extracting(AliasMove::version)
        .containsExactly("1", "2", "1");
    var last = client.aliasHistory("rolled back", "champion", 1).getFirst();
    assertThat(last.revision()).isEqualTo(back.revision());
    assertThat(last.reason()).isEqualTo("wrong labels");
    assertThat(client.aliasHistory("rolled back", "other", 10)).isEmpty();
  }

  @Test
  void hearsWhenAnAliasMoves() {
    var run = client.createRun("0", "training", List.of());
    client.ensureRegisteredModel("größe 1.0");
    client.createModelVersion("größe 1.0", run.artifactUri(), run.runId(), List.of());
    assertThat(client.aliasState("größe 1.0", "champion")).isEqualTo(new AliasState(0, null, null));
    var all = client.aliasRevision();
    var soon = Duration.ofMillis(1);
    assertThat(client.watchAliases(all, soon)).isEqualTo(all);
    client.setAlias("größe 1.0", "champion", "1");
    var state = client.watchAlias("größe 1.0", "champion", 0, Duration.ofSeconds(10));
    assertThat(state.version()).isEqualTo("1");
    assertThat(state.modelVersion()).isEqualTo(client.modelVersion("größe 1.0", "1"));
    assertThat(client.watchAliases(all, Duration.ofSeconds(10))).isEqualTo(state.revision());
    assertThat(client.watchAlias("größe 1.0", "champion", state.revision(), soon)).isEqualTo(state);
  }

  @Test
  void isRefusedWithoutTheToken() {
    assertThatThrownBy(() -> new MlflowClient(store.uri(), null).registeredModels())
        .isInstanceOfSatisfying(MlflowException.class, e -> assertThat(e.status()).isEqualTo(401))
        .hasMessageContaining("This store asks for a token");
  }
}
