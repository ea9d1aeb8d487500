package dev.millrace.serving.scheduling;

import dev.millrace.serving.runtime.ExecutableModel;
import dev.millrace.serving.runtime.ModelRunException;
import java.util.Optional;

/** Makes an instance in place of one that its device failed. */
@FunctionalInterface
public interface InstanceRepair {
  /** Nothing can be made. */
  InstanceRepair NONE =
      (broken, _) -> {
        broken.close();
        return Optional.empty();
      };

  /**
   * Closes the broken instance and opens another, on the same device or elsewhere. Blocks; called
   * by the worker that owns the instance. Where that happens too often the broken instance comes
   * back as it is: requests can bring it about.
   *
   * @return the new instance, warm, or the same one, owned by the caller; empty when there is no
   *     room for one
   */
  Optional<ExecutableModel> replace(ExecutableModel broken, ModelRunException cause);
}
