package dev.millrace.serving.api.oip.rest;

import dev.millrace.serving.api.sharedmemory.SharedRegions;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.function.LongConsumer;

/**
 * Direct memory for the tensors of one request, up to a limit. Nothing is allocated on the strength
 * of a shape alone: the body must be long enough to hold so many elements.
 */
final class TensorMemory {
  /** The shortest element with its comma, as in {@code 1,}. */
  private static final int LEAST_ELEMENT_BYTES = 2;

  private final ByteBufAllocator allocator;
  private final long limitBytes;
  private final SharedRegions regions;
  private final LongConsumer hold;
  private long left;

  /** Without shared memory. */
  TensorMemory(ByteBufAllocator allocator, long limitBytes) {
    this(allocator, limitBytes, SharedRegions.off(), _ -> {});
  }

  /**
   * With regions.
   *
   * @param hold counts the memory of the request before more is taken for a copy out of a region,
   *     of which its body says nothing; throws where there is not so much
   */
  TensorMemory(
      ByteBufAllocator allocator, long limitBytes, SharedRegions regions, LongConsumer hold) {
    this.allocator = allocator;
    this.regions = regions;
    this.hold = hold;
    this.limitBytes = limitBytes;
    this.left = limitBytes;
  }

  /** A buffer of the size of the elements; for {@code BYTES} an empty one that grows. */
  ByteBuf allocate(String name, DataType type, Shape shape, int jsonBytesLeft) {
    long count = count(name, shape);
    if (count > jsonBytesLeft / LEAST_ELEMENT_BYTES + 1L) {
      throw JsonReader.refusal(
          "Input '%s' has shape %s, which holds %d values, but only %d bytes of JSON follow. Send as many values as the shape holds."
              .formatted(name, shape, count, jsonBytesLeft));
    }
    if (type == DataType.BYTES) {
      // Grows to four thirds of the body at most: a decoded string is never longer than in JSON,
      // and its four bytes of length replace two quotes and a comma.
      return allocator.directBuffer(Math.clamp(count * 8, 16, 4_096));
    }
    long size = count * type.sizeBytes();
    if (size > left) {
      throw tooLarge(name, size);
    }
    left -= size;
    // Never of no bytes, for which Netty hands out one buffer that all share.
    return allocator.directBuffer(Math.max(1, (int) size));
  }

  /** Where inputs and outputs may lie. */
  SharedRegions regions() {
    return regions;
  }

  /** A buffer for a copy out of a region, beside what the request takes already. */
  ByteBuf allocateShared(String name, long size, long takenBytes) {
    if (size > left) {
      throw tooLarge(name, size);
    }
    left -= size;
    hold.accept(takenBytes + size);
    return allocator.directBuffer(Math.max(1, (int) size));
  }

  /** A copy of one string with its length before it, as {@code BYTES} travel. */
  ByteBuf frame(ByteBuf string) {
    int length = string.readableBytes();
    return allocator
        .directBuffer(4 + length)
        .writeIntLE(length)
        .writeBytes(string, string.readerIndex(), length);
  }

  /** The number of elements; a product that leaves 63 bits is refused. */
  static long count(String name, Shape shape) {
    try {
      return shape.elementCount();
    } catch (ArithmeticException _) {
      throw JsonReader.refusal(
          "invalid shape for input '%s': shape %s causes total element count to exceed maximum size of %d"
              .formatted(name, shape, Long.MAX_VALUE));
    }
  }

  private InferenceException tooLarge(String name, long size) {
    return new InferenceException(
        new InferenceFailure.TooLarge(
            "Input '%s' takes %d bytes of memory, with which the inputs of the request exceed the limit of %d bytes. Send fewer rows per request or raise the limit of the body."
                .formatted(name, size, limitBytes)));
  }
}
