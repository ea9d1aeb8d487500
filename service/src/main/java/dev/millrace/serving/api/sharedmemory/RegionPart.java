package dev.millrace.serving.api.sharedmemory;

import static dev.millrace.serving.api.sharedmemory.Refusals.invalid;

import java.nio.ByteBuffer;

/**
 * The part of a region where a tensor of a request lies. Whoever holds one keeps the region open;
 * close it once the request has ended. Used by one thread at a time.
 */
public final class RegionPart implements AutoCloseable {
  private final Region region;
  private final SharedPlace place;
  private boolean closed;

  /** Takes over one use of the region, inside of which the place lies. */
  RegionPart(Region region, SharedPlace place) {
    this.region = region;
    this.place = place;
  }

  /** As the request named it. */
  public SharedPlace place() {
    return place;
  }

  /** Fills the rest of the target from the beginning of the place. */
  void read(ByteBuffer target) {
    region.read(place.offset(), target);
  }

  /**
   * Writes an output, whose position stays where it is. A copy in memory, so event loops may call
   * it.
   *
   * @throws dev.millrace.serving.failure.InferenceException with Invalid where the place is too
   *     small for it, or the client has cut the memory short
   */
  public void write(String output, ByteBuffer data) {
    if (data.remaining() > place.byteSize()) {
      throw invalid(
          "shared memory size specified with the request for output '%s' (%d bytes) should be at least %d bytes to hold the results"
              .formatted(output, place.byteSize(), data.remaining()));
    }
    region.write(place.offset(), data);
  }

  /** Idempotent. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      region.leave();
    }
  }
}
