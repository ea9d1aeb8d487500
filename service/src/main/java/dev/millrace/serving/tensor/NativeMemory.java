package dev.millrace.serving.tensor;

import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Memory outside of the heap that goes back to the system when it is closed. That of an ordinary
 * direct buffer goes back when the collector finds it dead, which for the buffers of a model that
 * served for a while may be hours after it was unloaded.
 *
 * <p>Any thread may use and close it; the buffer fails with an {@link IllegalStateException} once
 * it is closed. What native code does with its address is up to the caller.
 */
public final class NativeMemory implements AutoCloseable {
  /** A cache line, which also suits the widest vectors. */
  private static final long ALIGNMENT = 64;

  private final Arena arena = Arena.ofShared();
  private final ByteBuffer buffer;

  /** Zeros, at least 0 bytes of them. */
  public NativeMemory(int bytes) {
    buffer = arena.allocate(bytes, ALIGNMENT).asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** All of it, little-endian; the position is the caller's to set. */
  public ByteBuffer buffer() {
    return buffer;
  }

  /** Once; nobody may be reading or writing. */
  @Override
  public void close() {
    arena.close();
  }
}
