package dev.millrace.serving.runtime;

import java.util.Map;

/**
 * How runtimes compute.
 *
 * @param intraOpThreads threads that share one operator, in the pool that all models of the process
 *     share; 0 for one per core of the device. The first model opened decides for the process.
 * @param cuda options of ONNX Runtime's CUDA provider, for copies on a GPU
 * @param tensorrt options of its TensorRT provider; where there is one, copies on a GPU run with
 *     TensorRT what it can run
 */
public record RuntimeSettings(
    int intraOpThreads, Map<String, String> cuda, Map<String, String> tensorrt) {
  /** Refuses a negative number, and options that must not be set. */
  public RuntimeSettings {
    if (intraOpThreads < 0) {
      throw new IllegalArgumentException(
          "intra-op-threads is "
              + intraOpThreads
              + "; give a number of threads, or 0 for one per core");
    }
    cuda = ProviderOptions.cuda(cuda);
    tensorrt = ProviderOptions.tensorrt(tensorrt);
  }

  /** So many threads, and the providers' own defaults. */
  public static RuntimeSettings threads(int intraOpThreads) {
    return new RuntimeSettings(intraOpThreads, Map.of(), Map.of());
  }

  /** One thread per core. */
  public static RuntimeSettings defaults() {
    return threads(0);
  }
}
