package dev.millrace.trainer.retraining;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.protocol.mlflow.MlflowClient;
import dev.millrace.protocol.mlflow.RunStatus;
import dev.millrace.protocol.packaging.ModelPackage;
import dev.millrace.trainer.FakeStore;
import dev.millrace.trainer.architecture.PyTorch;
import dev.millrace.trainer.tracking.ModelStore;
import dev.millrace.trainer.training.EpochResult;
import dev.millrace.trainer.training.Progress;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RetrainingsIT {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private final FakeStore store;
  private final Path folder;
  private final CountDownLatch firstStep = new CountDownLatch(1);
  private final Retrainings retrainings;
  // Set before a retraining starts, run on its thread.
  private volatile Runnable atFirstStep = () -> {};

  RetrainingsIT(@TempDir Path folder) throws IOException {
    this.folder = folder;
    this.store = new FakeStore();
    this.retrainings = retrainings(store.address(), Duration.ofSeconds(20));
  }

  @BeforeAll
  static void prepare() {
    PyTorch.prepare(Path.of("target", "djl"), 1);
  }

  @AfterEach
  void close() {
    retrainings.close();
    store.close();
  }

  @Test
  void publishesAVerifiedPackageAndPromotesTheFirstVersion() throws InterruptedException {
    var ended = trained(Map.of("epochs", "2"));

    assertThat(ended.state()).isEqualTo(RetrainingState.PROMOTED);
    assertThat(ended.version()).isEqualTo("1");
    assertThat(ended.reason()).startsWith("Promoted: accuracy 0.").endsWith("no champion.");
    assertThat(ended.error()).isNull();
    assertThat(store.aliases()).containsOnly(Map.entry("champion", "1"));
    var version = store.versions().getFirst();
    assertThat(version.runId()).isEqualTo(ended.runId());
    assertThat(version.source()).isEqualTo("mlflow-artifacts:/1/run1/artifacts/model");
    assertThat(version.tags())
        .containsEntry("millrace.verdict", "promoted")
        .containsEntry("millrace.reason", ended.reason());
    assertThat(downloaded(version).manifest().modelFile()).isEqualTo("model.onnx");
    assertThat(folder.resolve("work")).isEmptyDirectory();
  }

  @Test
  void logsSettingsAndEveryEpochToARun() throws InterruptedException {
    var ended = trained(Map.of("epochs", "3"));

    var run = store.runs().getFirst();
    assertThat(run.status).isEqualTo(RunStatus.FINISHED);
    assertThat(run.params).containsEntry("epochs", "3").containsEntry("trainImages", "300");
    assertThat(run.tags)
        .containsEntry("millrace.recipe", "digits")
        .containsEntry("millrace.verdict", "promoted")
        .containsEntry("millrace.reason", ended.reason());
    assertThat(run.metrics.get("train_loss")).hasSize(3);
    assertThat(run.metrics.get("train_accuracy")).hasSize(3);
    // Of each epoch, and of the exported model.
    assertThat(run.metrics.get("heldout_accuracy")).hasSize(4).endsWith(ended.heldOutAccuracy());
    assertThat(run.metrics.get("onnx_parity")).allMatch(difference -> difference < 1e-5);
  }

  @Test
  void keepsTheChampionUntilSomethingBetterComes() throws InterruptedException {
    var first = trained(Map.of());
    var same = trained(Map.of());
    var better = trained(Map.of("epochs", "4", "trainImages", "1500"));

    assertThat(same.state()).isEqualTo(RetrainingState.REJECTED);
    assertThat(same.reason()).contains("of champion version 1; it has to be greater.");
    assertThat(same.heldOutAccuracy()).isEqualTo(first.heldOutAccuracy());
    assertThat(better.state()).isEqualTo(RetrainingState.PROMOTED);
    assertThat(store.aliases())
        .containsOnly(Map.entry("challenger", "2"), Map.entry("champion", "3"));
    assertThat(store.versions().get(1).tags()).containsEntry("millrace.verdict", "rejected");
    assertThat(retrainings.reports())
        .extracting(RetrainingReport::id)
        .containsExactly(better.id(), same.id(), first.id());
  }

  @Test
  void registersNothingWhenTheChampionIsCorrupt() throws InterruptedException {
    trained(Map.of());
    store.corrupt("model.onnx");

    var ended = trained(Map.of("seed", "8"));

    assertThat(ended.state()).isEqualTo(RetrainingState.FAILED);
    assertThat(ended.error())
        .contains("model.onnx': expected SHA-256 ")
        .contains(", found ")
        .contains("Fetch the package again");
    assertThat(store.versions()).hasSize(1);
    assertThat(store.aliases()).containsOnly(Map.entry("champion", "1"));
    assertThat(store.runs().getLast().status).isEqualTo(RunStatus.FAILED);
    assertThat(store.runs().getLast().tags).containsEntry("millrace.reason", ended.error());
  }

  @Test
  void saysWhatToDoWhenTheStoreIsAway() throws InterruptedException {
    try (var impatient = retrainings(URI.create("http://127.0.0.1:1"), Duration.ofMillis(300))) {
      var started = impatient.start(recipe(Map.of()));
      var ended = impatient.await(started.id(), LIMIT).orElseThrow();

      assertThat(ended.state()).isEqualTo(RetrainingState.FAILED);
      assertThat(ended.error())
          .startsWith("The store at http://127.0.0.1:1 does not answer")
          .contains("MILLRACE_STORE_URL");
    }
  }

  @Test
  void waitsForAStoreThatIsAwayForAMoment() throws InterruptedException {
    store.failNext(3);

    assertThat(trained(Map.of()).state()).isEqualTo(RetrainingState.PROMOTED);
  }

  @Test
  void registersOneVersionWhenTheStoresAnswerIsLost() throws InterruptedException {
    store.loseNextAnswer("POST model-versions/create");

    var ended = trained(Map.of());

    assertThat(ended.state()).isEqualTo(RetrainingState.PROMOTED);
    assertThat(ended.version()).isEqualTo("1");
    assertThat(store.versions()).hasSize(1);
  }

  @Test
  void noVersionIsEverWithoutItsDigest() throws InterruptedException {
    store.refuse("POST model-versions/set-tag");

    var ended = trained(Map.of());

    assertThat(ended.state()).isEqualTo(RetrainingState.FAILED);
    assertThat(store.versions().getFirst().tags()).containsOnlyKeys("millrace.sha256");
  }

  @Test
  void saysPromotedOnceTheAliasMovedThoughTheRunCouldNotBeEnded() throws InterruptedException {
    store.refuse("POST runs/update");

    var ended = trained(Map.of());

    assertThat(store.aliases()).containsOnly(Map.entry("champion", "1"));
    assertThat(ended.state()).isEqualTo(RetrainingState.PROMOTED);
    assertThat(ended.error()).isNull();
  }

  @Test
  void sendsTheMetricsOfAnEpochLaterWhenTheStoreMissedThem() throws InterruptedException {
    atFirstStep = () -> store.failNext(1);

    var ended = trained(Map.of("epochs", "3"));

    assertThat(ended.state()).isEqualTo(RetrainingState.PROMOTED);
    assertThat(store.runs().getFirst().metrics.get("train_loss")).hasSize(3);
  }

  @Test
  void saysWhatIsWrongWithTheData() throws InterruptedException {
    var ended = trained(Map.of("dataset", folder.toString()));

    assertThat(ended.state()).isEqualTo(RetrainingState.FAILED);
    assertThat(ended.error()).contains("neither 'train-images-idx3-ubyte' nor ");
    assertThat(store.runs().getFirst().status).isEqualTo(RunStatus.FAILED);
  }

  @Test
  void failsWhenANativeLibraryDoesAndStartsAgain() throws InterruptedException {
    atFirstStep =
        () -> {
          throw new UnsatisfiedLinkError("libtorch_cpu.so: no such file");
        };

    var ended = trained(Map.of());

    assertThat(ended.state()).isEqualTo(RetrainingState.FAILED);
    assertThat(ended.error()).contains("UnsatisfiedLinkError: libtorch_cpu.so: no such file");
    assertThat(store.runs().getFirst().status).isEqualTo(RunStatus.FAILED);
    atFirstStep = () -> {};
    assertThat(trained(Map.of()).state()).isEqualTo(RetrainingState.PROMOTED);
  }

  @Test
  void cancelsWithinASecondAndStartsAgain() throws InterruptedException {
    var started = retrainings.start(recipe(Map.of("epochs", "5000")));
    assertThat(firstStep.await(60, TimeUnit.SECONDS)).isTrue();

    var cancelled = retrainings.cancel(started.id(), Duration.ofSeconds(1)).orElseThrow();

    assertThat(cancelled.state()).isEqualTo(RetrainingState.CANCELLED);
    assertThat(store.runs().getFirst().status).isEqualTo(RunStatus.KILLED);
    assertThat(store.versions()).isEmpty();
    assertThat(retrainings.cancel(started.id(), Duration.ofSeconds(1))).contains(cancelled);
    assertThat(trained(Map.of()).state()).isEqualTo(RetrainingState.PROMOTED);
  }

  @Test
  void runsOneAtATime() throws InterruptedException {
    var running = retrainings.start(recipe(Map.of("epochs", "5000")));

    assertThatThrownBy(() -> retrainings.start(recipe(Map.of())))
        .isInstanceOf(RetrainingBusyException.class)
        .hasMessageStartingWith("Retraining '" + running.id() + "' is running");
    assertThat(firstStep.await(60, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void endsTheRunWhenTheTrainerStops() throws InterruptedException {
    var started = retrainings.start(recipe(Map.of("epochs", "5000")));
    assertThat(firstStep.await(60, TimeUnit.SECONDS)).isTrue();

    retrainings.close();

    assertThat(retrainings.report(started.id()).orElseThrow().state())
        .isEqualTo(RetrainingState.CANCELLED);
    assertThat(store.runs().getFirst().status).isEqualTo(RunStatus.KILLED);
    assertThatThrownBy(() -> retrainings.start(recipe(Map.of())))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("The trainer is stopping");
  }

  private RetrainingReport trained(Map<String, String> overrides) throws InterruptedException {
    var started = retrainings.start(recipe(overrides));
    return retrainings.await(started.id(), LIMIT).orElseThrow();
  }

  /** A recipe that takes a second. */
  private static Recipe recipe(Map<String, String> overrides) {
    var settings = new HashMap<String, String>();
    settings.put("architecture", "softmax-regression");
    settings.put("epochs", "1");
    settings.put("trainImages", "300");
    settings.putAll(overrides);
    return Recipes.named("digits", settings);
  }

  private Retrainings retrainings(URI address, Duration patience) {
    var line =
        new ProgressLine() {
          @Override
          public void step(Progress progress) {
            if (progress.step() == 1) {
              atFirstStep.run();
            }
            firstStep.countDown();
          }

          @Override
          public void epoch(Progress progress, EpochResult result) {}

          @Override
          public void activity(String activity) {}
        };
    var models = new ModelStore(address, null, patience);
    return new Retrainings(new RetrainingJob(models, folder.resolve("work"), line));
  }

  private ModelPackage downloaded(FakeStore.FakeVersion version) {
    var target = folder.resolve("downloaded");
    new MlflowClient(store.address(), null).downloadArtifacts(version.source(), target);
    return ModelPackage.verified(target, version.tags().get("millrace.sha256"));
  }
}
