package dev.millrace.store.experiment;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which experiments or runs a search shows. */
public enum LifecycleView {
  /** Those that are there. */
  ACTIVE_ONLY,
  /** Those that were deleted and can be restored. */
  DELETED_ONLY,
  /** Both. */
  ALL;

  /** The lifecycle stages it shows. */
  public List<String> stages() {
    return switch (this) {
      case ACTIVE_ONLY -> List.of("active");
      case DELETED_ONLY -> List.of("deleted");
      case ALL -> List.of("active", "deleted");
    };
  }

  /** The view of this name; like MLflow's, ACTIVE_ONLY for null and for names nobody knows. */
  public static LifecycleView named(@Nullable String name) {
    return switch (name == null ? "" : name) {
      case "DELETED_ONLY" -> DELETED_ONLY;
      case "ALL" -> ALL;
      default -> ACTIVE_ONLY;
    };
  }
}
