package dev.millrace.serving.runtime.onnx;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.millrace.serving.device.Device;
import dev.millrace.serving.device.DeviceKind;
import dev.millrace.serving.runtime.DeviceMemoryException;
import dev.millrace.serving.runtime.ExecutableModel;
import dev.millrace.serving.runtime.ModelFileKind;
import dev.millrace.serving.runtime.ModelLoadException;
import dev.millrace.serving.runtime.ModelRuntime;
import dev.millrace.serving.runtime.RuntimeSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Opens ONNX files with ONNX Runtime. Nothing in a model's folder is executed: libraries of custom
 * operators are never registered, and weights are read from below the model's folder only.
 */
public final class OnnxRuntime implements ModelRuntime {
  /** For {@link java.util.ServiceLoader}. */
  public OnnxRuntime() {}

  @Override
  public boolean reads(Path modelFile) {
    return modelFile.toString().endsWith(".onnx");
  }

  @Override
  public String platform() {
    return "onnxruntime_onnx";
  }

  @Override
  public Optional<String> objectionTo(Device device) {
    return device.kind() == DeviceKind.GPU && !GpuProviders.hasCuda()
        ? Optional.of("This build has no CUDA; " + GpuProviders.WAY_OUT)
        : Optional.empty();
  }

  @Override
  public void prepare(Device device, RuntimeSettings settings) {
    try {
      environment(device, settings);
    } catch (OrtException e) {
      throw new ModelLoadException("ONNX Runtime does not start: " + e.getMessage(), e);
    }
  }

  private static OrtEnvironment environment(Device device, RuntimeSettings settings)
      throws OrtException {
    return SharedEnvironment.withThreads(settings.sharedThreads(device));
  }

  @Override
  public boolean startsThreads(Device device, RuntimeSettings settings) {
    return settings.hasOwnThreads(device) && settings.intraOpThreads(device) > 1;
  }

  @Override
  public ExecutableModel open(Path modelFile, Device device, RuntimeSettings settings) {
    requireOnnx(modelFile);
    ExternalData.requireInside(modelFile);
    try {
      return open(environment(device, settings), modelFile, device, settings);
    } catch (OrtException e) {
      throw failed(e, modelFile, device);
    }
  }

  private static OnnxModel open(
      OrtEnvironment environment, Path modelFile, Device device, RuntimeSettings settings)
      throws OrtException {
    try (var options = new OrtSession.SessionOptions()) {
      chooseThreads(options, device, settings);
      options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
      if (device.kind() == DeviceKind.GPU) {
        GpuProviders.add(options, device, settings, modelFile.getFileName().toString());
      }
      var session = environment.createSession(modelFile.toString(), options);
      try {
        return new OnnxModel(environment, session, SessionSignature.of(session), device.name());
      } catch (OrtException | RuntimeException e) {
        session.close();
        throw e;
      }
    }
  }

  /** Threads of its own do not spin either, see {@link SharedEnvironment}. */
  static void chooseThreads(
      OrtSession.SessionOptions options, Device device, RuntimeSettings settings)
      throws OrtException {
    if (settings.hasOwnThreads(device)) {
      options.setIntraOpNumThreads(settings.intraOpThreads(device));
      options.addConfigEntry("session.intra_op.allow_spinning", "0");
    } else {
      options.disablePerSessionThreads();
    }
  }

  private static void requireOnnx(Path modelFile) {
    if (!Files.isRegularFile(modelFile)) {
      throw new ModelLoadException(
          "There is no model file '%s'. Put the ONNX model there."
              .formatted(modelFile.getFileName()),
          null);
    }
    var kind = ModelFileKind.of(modelFile);
    if (kind != ModelFileKind.UNMARKED) {
      throw new ModelLoadException(kind.refusal(modelFile), null);
    }
  }

  static ModelLoadException failed(OrtException failure, Path modelFile, Device device) {
    var reason = withoutFolder(failure, modelFile);
    return MemoryMessages.meanNoMemory(failure)
        ? new ModelLoadException(
            "There is no room for '%s' on %s: %s. Unload other models, or allow it other devices under instances."
                .formatted(modelFile.getFileName(), device.name(), reason),
            new DeviceMemoryException(reason, failure))
        : new ModelLoadException(
            "ONNX Runtime cannot open '%s': %s. Check it with onnx.checker, or export it again."
                .formatted(modelFile.getFileName(), reason),
            failure);
  }

  /** The reason is shown to clients, who need not know where the model lies. */
  private static String withoutFolder(OrtException failure, Path modelFile) {
    var folder = modelFile.toAbsolutePath().getParent() + "/";
    return String.valueOf(failure.getMessage()).replace(folder, "").strip();
  }
}
