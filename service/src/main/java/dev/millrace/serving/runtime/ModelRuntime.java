package dev.millrace.serving.runtime;

import dev.millrace.serving.device.Device;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Opens model files of one format. Found by {@link java.util.ServiceLoader}, so an implementation
 * has a public constructor without parameters. Thread-safe.
 */
public interface ModelRuntime {
  /** Whether a file with this name is meant for this runtime; {@link #open} looks inside. */
  boolean reads(Path modelFile);

  /** The format as Triton names it: {@code onnxruntime_onnx}. */
  String platform();

  /** Why no model can run on this device in this build; empty when models can. */
  default Optional<String> objectionTo(Device device) {
    return Optional.empty();
  }

  /**
   * Starts what all models of this runtime share, such as threads that compute; they inherit the
   * priority of the calling thread. Called before {@link #open}, which may be on a thread that
   * yields to others. Cheap when it has started.
   *
   * @throws ModelLoadException when it does not start
   */
  default void prepare(Device device, RuntimeSettings settings) {}

  /**
   * Whether opening a model with these settings starts threads that compute; they inherit the
   * priority of the calling thread, which then must not yield to others.
   */
  default boolean startsThreads(Device device, RuntimeSettings settings) {
    return false;
  }

  /**
   * Loads the file onto the device. Blocks for as long as that takes.
   *
   * @throws ModelLoadException when the file cannot be served
   */
  ExecutableModel open(Path modelFile, Device device, RuntimeSettings settings);
}
