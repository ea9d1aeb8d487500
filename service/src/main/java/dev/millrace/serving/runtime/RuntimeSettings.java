package dev.millrace.serving.runtime;

import dev.millrace.serving.device.Device;
import java.util.Map;

/**
 * How runtimes compute.
 *
 * @param sharedThreads the threads of the pool that the models of this process share; 0 for one per
 *     core. The same for all models: the first one opened starts the pool.
 * @param intraOpThreads threads that one operator of this model may use; 0 for one per core. Where
 *     that is not the size of the pool, each copy has threads of its own.
 * @param cuda options of ONNX Runtime's CUDA provider, for copies on a GPU
 * @param tensorrt options of its TensorRT provider; where there is one, copies on a GPU run with
 *     TensorRT what it can run
 */
public record RuntimeSettings(
    int sharedThreads, int intraOpThreads, Map<String, String> cuda, Map<String, String> tensorrt) {
  /** Refuses a negative number, and options that must not be set. */
  public RuntimeSettings {
    requireThreads("MILLRACE_INTRA_OP_THREADS", sharedThreads);
    requireThreads("intra-op-threads", intraOpThreads);
    cuda = ProviderOptions.cuda(cuda);
    tensorrt = ProviderOptions.tensorrt(tensorrt);
  }

  private static void requireThreads(String key, int threads) {
    if (threads < 0) {
      throw new IllegalArgumentException(
          key + " is " + threads + "; give a number of threads, or 0 for one per core");
    }
  }

  /** A shared pool of so many threads, and the providers' own defaults. */
  public static RuntimeSettings threads(int sharedThreads) {
    return new RuntimeSettings(sharedThreads, sharedThreads, Map.of(), Map.of());
  }

  /** One thread per core. */
  public static RuntimeSettings defaults() {
    return threads(0);
  }

  /** The size of the pool; more threads than cores would only take turns. */
  public int sharedThreads(Device device) {
    return atMostCores(sharedThreads, device);
  }

  /** What one run of this model may use of the device's processors. */
  public int intraOpThreads(Device device) {
    return atMostCores(intraOpThreads, device);
  }

  /** Whether copies on this device have threads of their own, instead of the pool's. */
  public boolean hasOwnThreads(Device device) {
    return intraOpThreads(device) != sharedThreads(device);
  }

  private static int atMostCores(int threads, Device device) {
    return threads == 0 ? device.cores() : Math.min(threads, device.cores());
  }
}
