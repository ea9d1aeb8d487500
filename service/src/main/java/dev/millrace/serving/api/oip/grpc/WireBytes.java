package dev.millrace.serving.api.oip.grpc;

import com.google.common.primitives.Ints;
import io.grpc.HasByteBuffer;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of one protobuf message where the network left them: in one piece, or in one for each
 * frame. They are read once, from front to back; {@link #rewind()} makes the stream whole again.
 */
final class WireBytes {
  private final InputStream stream;
  private final HasByteBuffer pieces;
  private final int size;
  private final boolean inPieces;
  private ByteBuffer piece;

  /** Where in the message the piece begins. */
  private int pieceStart;

  /** The stream must be a {@link HasByteBuffer} and know its length, as those of Netty do. */
  WireBytes(InputStream stream) throws IOException, NotPlainException {
    this.stream = stream;
    pieces = (HasByteBuffer) stream;
    size = stream.available();
    piece = present(pieces.getByteBuffer());
    inPieces = piece.remaining() < size;
    if (inPieces) {
      stream.mark(Integer.MAX_VALUE);
    }
  }

  /** Whether the bytes of a stream can be read in place, and again if need be. */
  static boolean canRead(InputStream stream) {
    return stream instanceof HasByteBuffer buffers
        && stream.markSupported()
        && buffers.byteBufferSupported();
  }

  int size() {
    return size;
  }

  int position() {
    return pieceStart + piece.position();
  }

  int readByte() throws IOException, NotPlainException {
    if (!piece.hasRemaining()) {
      nextPiece();
    }
    return piece.get() & 0xFF;
  }

  long readVarint() throws IOException, NotPlainException {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      int next = readByte();
      value |= (next & 0x7FL) << shift;
      if (next < 0x80) {
        return value;
      }
    }
    throw new NotPlainException();
  }

  /** The length of something that ends at {@code end} at the latest. */
  int readLength(int end) throws IOException, NotPlainException {
    long length = readVarint();
    if (length < 0 || length > end - position()) {
      throw new NotPlainException();
    }
    return Ints.checkedCast(length);
  }

  /** A string that other messages have too. */
  String readName(int length, Names known) throws IOException, NotPlainException {
    String name = known.find(piece, length);
    if (name == null) {
      return known.keep(readAscii(length));
    }
    piece.position(piece.position() + length);
    return name;
  }

  /** A string of characters below 128, which is always that number of bytes. */
  String readAscii(int length) throws IOException, NotPlainException {
    var ascii = new byte[length];
    for (int i = 0; i < length; i++) {
      int next = readByte();
      if (next >= 0x80) {
        throw new NotPlainException();
      }
      ascii[i] = (byte) next;
    }
    return new String(ascii, StandardCharsets.ISO_8859_1);
  }

  void copyTo(ByteBuf target, int at, int length) throws IOException, NotPlainException {
    int done = 0;
    while (done < length) {
      if (!piece.hasRemaining()) {
        nextPiece();
      }
      int start = piece.position();
      int end = piece.limit();
      int count = Math.min(length - done, end - start);
      target.setBytes(at + done, piece.limit(start + count));
      piece.limit(end).position(start + count);
      done += count;
    }
  }

  /** The stream delivers the message from its beginning again. */
  void rewind() throws IOException {
    if (inPieces) {
      stream.reset();
    }
  }

  private void nextPiece() throws IOException, NotPlainException {
    int length = piece.limit();
    if (pieceStart + length >= size || stream.skip(length) != length) {
      throw new NotPlainException();
    }
    pieceStart += length;
    piece = present(pieces.getByteBuffer());
  }

  private static ByteBuffer present(@Nullable ByteBuffer found) throws NotPlainException {
    if (found == null || !found.hasRemaining()) {
      throw new NotPlainException();
    }
    // Positions count from the start of the piece.
    return found.position() == 0 ? found : found.slice();
  }
}
