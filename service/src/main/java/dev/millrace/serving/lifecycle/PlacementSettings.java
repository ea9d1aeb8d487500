package dev.millrace.serving.lifecycle;

import java.util.List;

/**
 * Where the copies of a model go.
 *
 * @param groups at least one
 * @param fallback what happens when no GPU has room
 * @param residence whether it may be unloaded while nobody uses it
 */
public record PlacementSettings(
    List<InstanceGroup> groups, Fallback fallback, Residence residence) {
  /** Whether a model that belongs on a GPU may run on the processors. */
  public enum Fallback {
    /** It may, visibly. */
    CPU,
    /** It must not: the load fails. */
    FORBIDDEN
  }

  /** Whether an idle model makes room for others. */
  public enum Residence {
    /** It may be unloaded; the next request loads it again. */
    ON_DEMAND,
    /** It stays loaded. */
    KEPT
  }

  /** Refuses a model without copies. */
  public PlacementSettings {
    groups = List.copyOf(groups);
    if (groups.isEmpty()) {
      throw new IllegalArgumentException("instances is empty; give at least one group");
    }
  }

  /** So many copies, where there is room. */
  public static PlacementSettings copies(int count) {
    return new PlacementSettings(
        List.of(new InstanceGroup(count, InstanceGroup.Kind.AUTO, List.of())),
        Fallback.CPU,
        Residence.ON_DEMAND);
  }
}
