package dev.millrace.serving.api.json;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayList;
import java.util.List;

/**
 * The direct memory that the tensors of one request lie in, up to a limit. It grows with what has
 * been read, for nobody knows a tensor's size before. Close it once the engine has replied. One
 * thread.
 */
public final class RequestTensors implements AutoCloseable {
  private static final int FIRST_BYTES = 256;

  private final ByteBufAllocator allocator;
  private final int limitBytes;
  private final List<ByteBuf> buffers = new ArrayList<>(2);
  private long taken;

  /** With no tensor yet, and room for so many bytes. */
  public RequestTensors(ByteBufAllocator allocator, int limitBytes) {
    this.allocator = allocator;
    this.limitBytes = limitBytes;
  }

  /** The memory that the tensors take. */
  public long bytes() {
    return taken;
  }

  /** A buffer for one tensor, which stays in here. */
  ByteBuf buffer() {
    var buffer = allocator.directBuffer(FIRST_BYTES);
    buffers.add(buffer);
    taken += buffer.capacity();
    return buffer;
  }

  /**
   * Makes room for so many bytes more in a buffer from here.
   *
   * @throws InferenceException with TooLarge where the limit does not allow it
   */
  void reserve(ByteBuf buffer, long bytes) {
    if (buffer.capacity() - buffer.writerIndex() < bytes) {
      grow(buffer, buffer.writerIndex() + bytes);
    }
  }

  private void grow(ByteBuf buffer, long least) {
    long most = buffer.capacity() + limitBytes - taken;
    if (least > most) {
      throw new InferenceException(
          new InferenceFailure.TooLarge(
              "The inputs of the request take more memory than the limit of %d bytes. Send fewer rows per request or raise the limit of the body."
                  .formatted(limitBytes)));
    }
    long bytes = Math.clamp(2L * buffer.capacity(), least, most);
    taken += bytes - buffer.capacity();
    buffer.capacity((int) bytes);
  }

  @Override
  public void close() {
    buffers.forEach(ByteBuf::release);
    buffers.clear();
  }
}
