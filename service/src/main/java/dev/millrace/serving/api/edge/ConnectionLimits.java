package dev.millrace.serving.api.edge;

import java.time.Duration;

/**
 * When a connection is closed because nobody uses it.
 *
 * @param idle from the end of an answer, or from the connection's begin, without a whole head of a
 *     request
 * @param stalled how long an answer waits for a client that takes nothing of it
 */
public record ConnectionLimits(Duration idle, Duration stalled) {
  /** 75 seconds, as web servers have it, and thirty. */
  public static final ConnectionLimits DEFAULT =
      new ConnectionLimits(Duration.ofSeconds(75), Duration.ofSeconds(30));

  /** Refuses limits that would close every connection. */
  public ConnectionLimits {
    if (!idle.isPositive() || !stalled.isPositive()) {
      throw new IllegalArgumentException(
          "The limits of a connection must be positive: idle %s, stalled %s"
              .formatted(idle, stalled));
    }
  }

  /** These with another limit on idleness. */
  public ConnectionLimits withIdle(Duration limit) {
    return new ConnectionLimits(limit, stalled);
  }
}
