package dev.millrace.serving.api.edge;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;

/**
 * Puts the chunks of one body together: a body of one chunk is not copied, one of several is copied
 * once, into memory that grows with what has arrived and not with what was announced.
 */
final class BodyCollector {
  private final ByteBufAllocator allocator;
  private ByteBuf collected = Unpooled.EMPTY_BUFFER;
  private boolean ours;

  BodyCollector(ByteBufAllocator allocator) {
    this.allocator = allocator;
  }

  int length() {
    return collected.readableBytes();
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
      var first = collected;
      collected = allocator.directBuffer((first.readableBytes() + chunk.readableBytes()) * 2);
      collected.writeBytes(first);
      first.release();
      ours = true;
    }
    collected.writeBytes(chunk);
  }
}
