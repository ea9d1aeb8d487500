package dev.millrace.serving.api.sharedmemory;

import static dev.millrace.serving.api.sharedmemory.Refusals.invalid;

import dev.millrace.serving.tensor.ByteStrings;
import dev.millrace.serving.tensor.DataType;
import java.nio.ByteBuffer;

/**
 * An input that lies in a region, until it is copied. Used by one thread.
 *
 * <p>The client may write while the bytes are copied, so what is checked is the copy.
 */
public final class SharedInput implements AutoCloseable {
  private final RegionPart part;
  private final String name;
  private final DataType type;
  private final long count;
  private final long sizeBytes;

  private SharedInput(RegionPart part, String name, DataType type, long count, long sizeBytes) {
    this.part = part;
    this.name = name;
    this.type = type;
    this.count = count;
    this.sizeBytes = sizeBytes;
  }

  /** Takes over the part, also where it throws because the elements do not fill it. */
  static SharedInput of(RegionPart part, String model, String name, DataType type, long count) {
    long room = part.place().byteSize();
    if (type == DataType.BYTES) {
      return new SharedInput(part, name, type, count, room);
    }
    // Exactly, as Triton; divided, because the product may not fit 64 bits.
    if (room % type.sizeBytes() != 0 || count != room / type.sizeBytes()) {
      part.close();
      throw invalid(
          "input byte size mismatch for input '%s' for model '%s'. Expected %s, got %d"
              .formatted(name, model, expected(type, count), room));
    }
    return new SharedInput(part, name, type, count, count * type.sizeBytes());
  }

  private static String expected(DataType type, long count) {
    return Math.multiplyHigh(count, type.sizeBytes()) == 0
        ? Long.toUnsignedString(count * type.sizeBytes())
        : count + " times " + type.sizeBytes();
  }

  /** What {@link #copyTo} copies; the caller decides whether there is so much memory. */
  public long sizeBytes() {
    return sizeBytes;
  }

  /**
   * Fills the target, of exactly this size and little-endian, from its position on. A copy in
   * memory, so event loops may call it.
   *
   * @throws dev.millrace.serving.failure.InferenceException with Invalid where the client has cut
   *     the memory short, or strings in it do not add up
   */
  public void copyTo(ByteBuffer target) {
    int start = target.position();
    part.read(target);
    if (type == DataType.BYTES) {
      checkStrings(target, start);
    }
  }

  private void checkStrings(ByteBuffer data, int start) {
    var found = ByteStrings.count(data, start);
    if (found.isBroken()) {
      throw invalid(
          "incomplete string data for inference input '%s' at element %d: each string is its length as four little-endian bytes, then its bytes"
              .formatted(name, found.count()));
    }
    if (found.count() != count) {
      throw invalid(
          "expected %d strings for inference input '%s', got %d"
              .formatted(count, name, found.count()));
    }
  }

  @Override
  public void close() {
    part.close();
  }
}
