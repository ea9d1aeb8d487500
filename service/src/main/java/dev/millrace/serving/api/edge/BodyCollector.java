package dev.millrace.serving.api.edge;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;

/**
 * Puts the chunks of one body together: a body of one chunk is not copied, one of several is copied
 * once. Its memory grows with what has arrived, and jumps to the length that was announced once an
 * eighth of that is there: so nobody gets memory by announcing a body alone.
 */
final class BodyCollector {
  private static final int TRUSTED_FACTOR = 8;

  private final ByteBufAllocator allocator;
  private final long announcedBytes;
  private final int limitBytes;
  private ByteBuf collected = Unpooled.EMPTY_BUFFER;
  private boolean ours;

  /**
   * With no body yet.
   *
   * @param announcedBytes the length that the head gives; 0 where it gives none
   * @param limitBytes which the body does not exceed
   */
  BodyCollector(ByteBufAllocator allocator, long announcedBytes, int limitBytes) {
    this.allocator = allocator;
    this.announcedBytes = announcedBytes;
    this.limitBytes = limitBytes;
  }

  int length() {
    return collected.readableBytes();
  }

  /** The memory that the body takes once this chunk is added. */
  int bytesWith(ByteBuf chunk) {
    int bytes = collected.readableBytes() + chunk.readableBytes();
    if (!collected.isReadable() || !chunk.isReadable()) {
      return bytes;
    }
    return ours && bytes <= collected.capacity() ? collected.capacity() : capacity(bytes);
  }

  /** Takes over the chunk's reference, also where memory runs out. */
  void add(ByteBuf chunk) {
    if (!chunk.isReadable()) {
      chunk.release();
    } else if (!collected.isReadable()) {
      collected = chunk;
    } else {
      try {
        append(chunk);
      } finally {
        chunk.release();
      }
    }
  }

  /** Hands the body to the caller, who releases it. */
  ByteBuf take() {
    var body = collected;
    collected = Unpooled.EMPTY_BUFFER;
    return body;
  }

  private void append(ByteBuf chunk) {
    if (!ours) {
      move(collected.readableBytes() + chunk.readableBytes());
    } else if (collected.writableBytes() < chunk.readableBytes()) {
      collected.capacity(capacity(collected.readableBytes() + chunk.readableBytes()));
    }
    collected.writeBytes(chunk);
  }

  private void move(int bytes) {
    var first = collected;
    collected = allocator.directBuffer(capacity(bytes));
    collected.writeBytes(first);
    first.release();
    ours = true;
  }

  /** For so many bytes, and for those that are likely to come. */
  private int capacity(int bytes) {
    boolean trusted = announcedBytes >= bytes && announcedBytes / TRUSTED_FACTOR <= bytes;
    return trusted
        ? (int) announcedBytes
        : Math.clamp(2L * bytes, bytes, Math.max(bytes, limitBytes));
  }
}
