package dev.millrace.serving.runtime;

/**
 * How runtimes compute.
 *
 * @param intraOpThreads threads that share one operator, in the pool that all models of the process
 *     share; 0 for one per core of the device. The first model opened decides for the process.
 */
public record RuntimeSettings(int intraOpThreads) {
  /** Refuses a negative number. */
  public RuntimeSettings {
    if (intraOpThreads < 0) {
      throw new IllegalArgumentException(
          "intra-op-threads is "
              + intraOpThreads
              + "; give a number of threads, or 0 for one per core");
    }
  }

  /** One thread per core. */
  public static RuntimeSettings defaults() {
    return new RuntimeSettings(0);
  }
}
