package dev.millrace.serving.lifecycle;

/**
 * A model that wants a place.
 *
 * @param bytes what one copy is expected to take
 * @param urgency whether it may wait for leased models, rather than run on another device
 */
record PlacementRequest(String model, long bytes, PlacementSettings settings, Urgency urgency) {
  /** How soon it needs a place. */
  enum Urgency {
    /** What is leased now may be idle in a moment: better a GPU then than the processors now. */
    CAN_WAIT,
    /** It waited long enough. */
    NOW
  }
}
