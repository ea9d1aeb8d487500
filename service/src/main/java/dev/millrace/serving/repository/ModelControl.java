package dev.millrace.serving.repository;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.lifecycle.VersionStatus;
import java.util.List;

/** Loads and unloads models on request, and lists what there is. Blocks: virtual threads only. */
public interface ModelControl {
  /**
   * Loads the model, or replaces the versions that are served by what the repository holds now, and
   * returns when it answers requests. The models that an ensemble asks, and that are not served,
   * are loaded before it.
   *
   * @throws dev.millrace.serving.failure.InferenceException with NotReady where the mode does not
   *     allow it, NotFound where the repository has no such model, Invalid where its files cannot
   *     be served; the texts start as Triton's
   */
  void load(String model);

  /**
   * The same with what the client sends along instead of what lies with the model, until the next
   * load.
   *
   * @throws dev.millrace.serving.failure.InferenceException as {@link #load(String)}, and with
   *     Unsupported where the repository takes no configurations or files
   */
  default void load(String model, SentModel sent) {
    sent.refuseFiles();
    if (sent.config() != null) {
      throw new InferenceException(
          new InferenceFailure.Unsupported(
              "The parameter 'config' is not supported: a model is loaded as the store holds it. Change its files there."));
    }
    load(model);
  }

  /** Whether a load may bring files along. */
  default boolean takesFiles() {
    return false;
  }

  /**
   * Takes one of the few places for large loads, which are held in memory whole. Close it once the
   * load is over. Does not block.
   *
   * @param bytes of the request, as far as they are known; {@link Long#MAX_VALUE} where they are
   *     not
   * @throws dev.millrace.serving.failure.InferenceException with Overloaded where all are taken
   */
  default LoadPlace admit(long bytes) {
    return LoadPlace.NONE;
  }

  /**
   * Takes the model away from new requests and returns; requests under way finish. A model that is
   * not loaded stays so. Ensembles that ask it go with it.
   *
   * @throws dev.millrace.serving.failure.InferenceException with NotReady where the mode does not
   *     allow it
   */
  void unload(String model);

  /**
   * The same, and for an ensemble then takes away the models that it asks, but for those that other
   * ensembles ask.
   *
   * @throws dev.millrace.serving.failure.InferenceException as {@link #unload(String)}
   */
  default void unloadWithDependents(String model) {
    unload(model);
  }

  /**
   * Every version known to the server, and with version "" every model that the repository offers
   * and that was never loaded; ordered by model and version.
   */
  List<VersionStatus> index();
}
