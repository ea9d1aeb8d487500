package dev.millrace.serving.lifecycle;

import dev.millrace.serving.device.Device;
import java.util.List;

/** Where the copies of a model go, or why they cannot. */
sealed interface PlacementDecision {
  /**
   * Unload these models, then open the copies here.
   *
   * @param spots one per copy
   * @param evicted models, least recently used first
   */
  record Settle(List<Spot> spots, List<String> evicted) implements PlacementDecision {}

  /** There will be room once requests under way are over. */
  record Await(String reason) implements PlacementDecision {}

  /** Waiting does not help. */
  record Refuse(String reason) implements PlacementDecision {}

  /**
   * The place of one copy.
   *
   * @param fallback why it is on the processors and not on a GPU; empty when it is where it belongs
   */
  record Spot(Device device, String fallback) {}
}
