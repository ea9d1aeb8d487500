package dev.millrace.serving.runtime;

import dev.millrace.serving.device.DeviceInventory;
import java.nio.file.Path;
import java.util.List;
import java.util.ServiceLoader;

/** The runtimes on the class path. */
public final class ModelRuntimes {
  private final List<ModelRuntime> runtimes;

  private ModelRuntimes(List<ModelRuntime> runtimes) {
    this.runtimes = runtimes;
  }

  /** Looks for them once. */
  public static ModelRuntimes installed() {
    return new ModelRuntimes(
        ServiceLoader.load(ModelRuntime.class).stream().map(ServiceLoader.Provider::get).toList());
  }

  /** The same devices, those reported as failed that no runtime can use. */
  public DeviceInventory runnable(DeviceInventory devices) {
    return new RunnableDevices(devices, runtimes);
  }

  /**
   * The runtime for a file.
   *
   * @throws ModelLoadException when there is none
   */
  public ModelRuntime forFile(Path modelFile) {
    return runtimes.stream()
        .filter(runtime -> runtime.reads(modelFile))
        .findFirst()
        .orElseThrow(() -> unreadable(modelFile));
  }

  private static ModelLoadException unreadable(Path modelFile) {
    var kind = ModelFileKind.of(modelFile);
    return new ModelLoadException(
        kind == ModelFileKind.UNMARKED
            ? "No installed runtime reads '%s'. Export the model to ONNX and name it model.onnx."
                .formatted(modelFile.getFileName())
            : kind.refusal(modelFile),
        null);
  }
}
