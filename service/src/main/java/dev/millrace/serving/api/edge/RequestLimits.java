package dev.millrace.serving.api.edge;

import java.time.Duration;

/**
 * What one request may cost before it is refused.
 *
 * @param maxBodyBytes the body as sent, the body decompressed, and the tensors read from it
 * @param headTimeout from the first byte of a request to the end of its head
 * @param bodyTimeout from the end of the head to the end of the body
 */
public record RequestLimits(int maxBodyBytes, Duration headTimeout, Duration bodyTimeout) {
  /** 64 MiB, ten seconds, thirty seconds. */
  public static final RequestLimits DEFAULT =
      new RequestLimits(64 << 20, Duration.ofSeconds(10), Duration.ofSeconds(30));

  /** Refuses limits that would refuse every request. */
  public RequestLimits {
    if (maxBodyBytes < 1 || !headTimeout.isPositive() || !bodyTimeout.isPositive()) {
      throw new IllegalArgumentException(
          "The limits of a request must be positive: %d bytes, head %s, body %s"
              .formatted(maxBodyBytes, headTimeout, bodyTimeout));
    }
  }
}
