package dev.millrace.serving.runtime.onnx;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtProvider;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.providers.OrtCUDAProviderOptions;
import ai.onnxruntime.providers.OrtTensorRTProviderOptions;
import dev.millrace.serving.device.Device;
import dev.millrace.serving.runtime.ModelLoadException;
import dev.millrace.serving.runtime.RuntimeSettings;
import java.util.Map;

/**
 * Puts a session on a GPU: with CUDA, and with TensorRT before it where its options are given. What
 * neither can run, ONNX Runtime runs on the processors.
 */
final class GpuProviders {
  /**
   * Unlike ONNX Runtime's own: its arena would take twice the memory it took before each time it
   * grows, and its exhaustive search would stop a convolution for seconds at each new number of
   * rows. See docs/decisions/0012-gpu-build.md.
   */
  private static final Map<String, String> CUDA_DEFAULTS =
      Map.of(
          "arena_extend_strategy", "kSameAsRequested",
          "cudnn_conv_algo_search", "HEURISTIC");

  /** For messages, without a full stop. */
  static final String WAY_OUT =
      "build it with './millrace build -Pgpu', use the GPU image, or set instances to kind: cpu";

  private GpuProviders() {}

  static boolean hasCuda() {
    return OrtEnvironment.getAvailableProviders().contains(OrtProvider.CUDA);
  }

  /**
   * Adds them in the order of preference.
   *
   * @param model how messages name it
   * @throws ModelLoadException when this build or this machine has not got them
   * @throws OrtException when the GPU has no memory for them
   */
  static void add(
      OrtSession.SessionOptions session, Device gpu, RuntimeSettings settings, String model)
      throws OrtException {
    requireCuda(gpu, model);
    try {
      if (!settings.tensorrt().isEmpty()) {
        addTensorRt(session, gpu, settings.tensorrt());
      }
      addCuda(session, gpu, settings.cuda());
    } catch (OrtException e) {
      if (MemoryMessages.meanNoMemory(e)) {
        throw e;
      }
      throw new ModelLoadException(
          "ONNX Runtime cannot use %s for '%s': %s. Check the driver and the libraries that it names, and the options under cuda and tensorrt, or set instances to kind: cpu."
              .formatted(gpu.name(), model, String.valueOf(e.getMessage()).strip()),
          e);
    }
  }

  private static void requireCuda(Device gpu, String model) {
    if (!hasCuda()) {
      throw new ModelLoadException(
          "This build has no CUDA, and '%s' belongs on %s; %s."
              .formatted(model, gpu.name(), WAY_OUT),
          null);
    }
  }

  private static void addTensorRt(
      OrtSession.SessionOptions session, Device gpu, Map<String, String> given)
      throws OrtException {
    try (var options = new OrtTensorRTProviderOptions(gpu.ordinal())) {
      for (var option : given.entrySet()) {
        options.add(option.getKey(), option.getValue());
      }
      session.addTensorrt(options);
    }
  }

  private static void addCuda(
      OrtSession.SessionOptions session, Device gpu, Map<String, String> given)
      throws OrtException {
    try (var options = new OrtCUDAProviderOptions(gpu.ordinal())) {
      for (var option : CUDA_DEFAULTS.entrySet()) {
        options.add(option.getKey(), option.getValue());
      }
      for (var option : given.entrySet()) {
        options.add(option.getKey(), option.getValue());
      }
      session.addCUDA(options);
    }
  }
}
