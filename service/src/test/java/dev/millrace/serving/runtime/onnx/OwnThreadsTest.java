package dev.millrace.serving.runtime.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OrtSession;
import dev.millrace.serving.device.Device;
import dev.millrace.serving.device.DeviceKind;
import dev.millrace.serving.fake.FakeEngine;
import dev.millrace.serving.fixture.FixtureModels;
import dev.millrace.serving.fixture.Tensors;
import dev.millrace.serving.runtime.ExecutableModel;
import dev.millrace.serving.runtime.RuntimeSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class OwnThreadsTest {
  private static final Device FOUR_CORES = new Device(DeviceKind.CPU, 0, "", 4);
  private static final Path TASKS = Path.of("/proc/self/task");

  @TempDir Path folder;

  @Test
  @EnabledOnOs(OS.LINUX)
  void startsThreadsForAModelThatAsksForAnotherNumberThanThePoolHas() throws Exception {
    try (var model = openedBy("own-three", threads(3))) {
      // Beside the one that runs. The thread that opened it may not be quite gone yet.
      FakeEngine.await(() -> nativeThreadsOf("own-three") == 2);
      assertThat(answerOf(model)).containsExactly(2, 4, 6, 8);
    }
    FakeEngine.await(() -> nativeThreadsOf("own-three") == 0);
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void startsNoneForAModelThatTakesWhatThePoolHasOrRunsOnItsWorkerAlone() throws Exception {
    try (var shared = openedBy("own-none", threads(4));
        var single = openedBy("own-none", threads(1))) {
      FakeEngine.await(() -> nativeThreadsOf("own-none") == 0);
      assertThat(answerOf(shared)).containsExactly(2, 4, 6, 8);
      assertThat(answerOf(single)).containsExactly(2, 4, 6, 8);
    }
  }

  @Test
  void asksForPrivateThreadsThatDoNotSpinOnlyWhereTheNumberDiffers() throws Exception {
    try (var shared = new OrtSession.SessionOptions();
        var single = new OrtSession.SessionOptions()) {
      OnnxRuntime.chooseThreads(shared, FOUR_CORES, threads(0));
      OnnxRuntime.chooseThreads(single, FOUR_CORES, threads(1));
      assertThat(shared.getConfigEntries()).isEmpty();
      assertThat(single.getConfigEntries()).containsEntry("session.intra_op.allow_spinning", "0");
    }
  }

  @Test
  void saysWhetherOpeningStartsThreads() {
    var runtime = new OnnxRuntime();
    assertThat(runtime.startsThreads(FOUR_CORES, threads(0))).isFalse();
    assertThat(runtime.startsThreads(FOUR_CORES, threads(1))).isFalse();
    assertThat(runtime.startsThreads(FOUR_CORES, threads(2))).isTrue();
  }

  private static RuntimeSettings threads(int own) {
    return new RuntimeSettings(0, own, Map.of(), Map.of());
  }

  /** On a thread of this name, which those that it starts inherit; it ends before this returns. */
  private ExecutableModel openedBy(String name, RuntimeSettings settings) throws Exception {
    new OnnxRuntime().prepare(FOUR_CORES, settings);
    var file = FixtureModels.twoOutputs(folder);
    var model = new CompletableFuture<ExecutableModel>();
    var thread =
        Thread.ofPlatform()
            .name(name)
            .start(
                () ->
                    model.completeAsync(
                        () -> new OnnxRuntime().open(file, FOUR_CORES, settings), Runnable::run));
    thread.join(20_000);
    return model.get(20, TimeUnit.SECONDS);
  }

  private static long nativeThreadsOf(String name) {
    try (var tasks = Files.list(TASKS)) {
      return tasks.map(OwnThreadsTest::nameOf).filter(name::equals).count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Empty for one that ended meanwhile. */
  private static String nameOf(Path task) {
    try {
      return Files.readString(task.resolve("comm")).strip();
    } catch (IOException _) {
      return "";
    }
  }

  private static float[] answerOf(ExecutableModel model) {
    try (var batch = model.bind(List.of(Tensors.row("x", 1, 2, 3, 4)));
        var outputs = batch.run()) {
      return Tensors.floats(outputs.tensors().getFirst());
    }
  }
}
