package dev.millrace.serving.lifecycle;

import java.util.List;

/**
 * Copies of a model that are placed alike.
 *
 * @param count copies, on each device named; where none is named, where placement finds room
 * @param kind where they may be
 * @param devices ordinals of GPUs; empty leaves the choice to placement
 */
public record InstanceGroup(int count, Kind kind, List<Integer> devices) {
  /** Where copies of a group may be. */
  public enum Kind {
    /** On a GPU where one has room, else on the processors. */
    AUTO,
    /** On the processors. */
    CPU,
    /** On GPUs. */
    GPU,
    /** On every GPU there is, as many copies on each. */
    EACH_GPU
  }

  private static final int MOST_COPIES = 256;

  /** Refuses a group without copies, and one with more than anybody means. */
  public InstanceGroup {
    devices = List.copyOf(devices);
    if (count < 1 || count > MOST_COPIES) {
      throw new IllegalArgumentException(
          "instances.count is %d; it must be 1 to %d".formatted(count, MOST_COPIES));
    }
  }
}
