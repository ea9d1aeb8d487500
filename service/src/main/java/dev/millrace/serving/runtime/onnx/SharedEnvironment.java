package dev.millrace.serving.runtime.onnx;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import org.jspecify.annotations.Nullable;

/**
 * ONNX Runtime's environment, of which a process has one, with the thread pool that all sessions
 * share. Threads of the pool do not spin: on a machine that also parses requests a spinning thread
 * takes the time of the thread it waits for.
 */
final class SharedEnvironment {
  private static final Object LOCK = new Object();

  /** Guarded by LOCK; static because ONNX Runtime's own environment is. */
  private static @Nullable OrtEnvironment environment;

  private SharedEnvironment() {}

  /** The first call decides the number of threads. */
  static OrtEnvironment withThreads(int intraOpThreads) throws OrtException {
    synchronized (LOCK) {
      var shared = environment;
      if (shared == null) {
        shared = create(intraOpThreads);
        environment = shared;
      }
      return shared;
    }
  }

  private static OrtEnvironment create(int intraOpThreads) throws OrtException {
    try (var threads = new OrtEnvironment.ThreadingOptions()) {
      threads.setGlobalIntraOpNumThreads(intraOpThreads);
      threads.setGlobalInterOpNumThreads(1);
      threads.setGlobalSpinControl(false);
      // What fails is thrown as well; printed too, any client could fill the log with bad values.
      return OrtEnvironment.getEnvironment(
          OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL, "millrace", threads);
    }
  }
}
