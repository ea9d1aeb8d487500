package dev.millrace.trainer.architecture;

import ai.djl.engine.Engine;
import java.nio.file.Path;

/** DJL's PyTorch engine: what has to be settled before it loads. */
public final class PyTorch {
  /** The engine's name; DJL finds others on some class paths, so it is always named. */
  public static final String ENGINE = "PyTorch";

  private PyTorch() {}

  /**
   * Keeps the engine offline and within its means. Has no effect once the engine has loaded.
   *
   * @param cache where the native libraries (450 MB) are unpacked the first time
   * @param threads for each operation; more than there are cores makes it slower by far
   */
  public static void prepare(Path cache, int threads) {
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
    System.setProperty("DJL_CACHE_DIR", cache.toAbsolutePath().toString());
    System.setProperty("ai.djl.pytorch.num_threads", Integer.toString(threads));
    System.setProperty("ai.djl.pytorch.num_interop_threads", "1");
  }

  static void seed(long seed) {
    Engine.getEngine(ENGINE).setRandomSeed((int) seed);
  }
}
