package dev.millrace.serving.fake;

import dev.millrace.serving.fixture.Tensors;
import dev.millrace.serving.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Holds runs of the models that {@link GatedRuntime} opens: those with a row whose first value is
 * held. What is held lies in files, so that nothing is shared but their folder.
 */
public final class Gate {
  private static final String MARK = "gated ";
  private static final String RUN = "run";

  private final Path folder;

  /** Remembers what it holds in this folder, which it makes. */
  public Gate(Path folder) {
    this.folder = folder;
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes a {@code model.onnx} that this gate holds, and of which each run takes so long. */
  public void addModel(Path version, Duration perRun) throws IOException {
    Files.createDirectories(version);
    Files.writeString(
        version.resolve("model.onnx"), MARK + perRun.toNanos() / 1_000 + " " + folder);
  }

  /** Runs with this value wait from now on. */
  public void hold(int value) throws IOException {
    Files.createFile(hold(folder, value));
  }

  /** Lets those runs go on. */
  public void release(int value) throws IOException {
    Files.delete(hold(folder, value));
  }

  /** Waits until so many runs wait. */
  public void awaitHeld(int runs) {
    FakeEngine.await(() -> held() == runs);
  }

  static boolean isBehind(Path modelFile) {
    try (var in = Files.newInputStream(modelFile)) {
      return MARK.equals(new String(in.readNBytes(MARK.length()), StandardCharsets.US_ASCII));
    } catch (IOException _) {
      return false;
    }
  }

  /** Waits while a row of the input is held. */
  void pass(Tensor input) {
    var values = Tensors.floats(input);
    int width = values.length / (int) input.shape().dimension(0);
    for (int at = 0; at < values.length; at += width) {
      var hold = hold(folder, (int) values[at]);
      if ((at == 0 || values[at] != values[at - width]) && Files.exists(hold)) {
        awaitRelease(hold);
      }
    }
  }

  private void awaitRelease(Path hold) {
    try {
      var mine = Files.createTempFile(folder, RUN, "");
      FakeEngine.await(() -> !Files.exists(hold));
      Files.delete(mine);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private int held() {
    try (var files = Files.newDirectoryStream(folder, RUN + "*")) {
      int count = 0;
      for (var _ : files) {
        count++;
      }
      return count;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path hold(Path folder, int value) {
    return folder.resolve("hold-" + value);
  }
}
