package dev.millrace.serving.api.edge;

import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;

/** Has no memory for buffers of more than a thousand bytes. */
public final class StarvedAllocator extends AbstractByteBufAllocator {
  private static final int MOST_BYTES = 1_000;

  private final UnpooledByteBufAllocator memory = new UnpooledByteBufAllocator(true);

  /** Direct memory that was not given back. */
  public long bytesInUse() {
    return memory.metric().usedDirectMemory();
  }

  @Override
  public boolean isDirectBufferPooled() {
    return false;
  }

  @Override
  protected ByteBuf newHeapBuffer(int initialCapacity, int maxCapacity) {
    return memory.heapBuffer(initialCapacity, maxCapacity);
  }

  @Override
  protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
    if (initialCapacity > MOST_BYTES) {
      throw new OutOfMemoryError("no memory on purpose");
    }
    return memory.directBuffer(initialCapacity, maxCapacity);
  }
}
