package dev.millrace.serving.api.tfserving.grpc;

import static dev.millrace.serving.api.tfserving.grpc.Refused.invalid;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;

/**
 * Strings in {@code tensor_content}: the lengths of all, as varints, then the bytes of all.
 *
 * @param count of the strings that there should be
 */
record StringContent(String name, ByteString content, int count) {
  private static final int LENGTH_BYTES = 4;

  /** What the strings take in memory, each with its length, after checking that they are there. */
  long sizeBytes() {
    var lengths = content.newCodedInput();
    long bytes = 0;
    try {
      for (int i = 0; i < count; i++) {
        bytes += length(lengths);
      }
    } catch (IOException _) {
      throw wrongContent();
    }
    if (lengths.getTotalBytesRead() + bytes != content.size()) {
      throw wrongContent();
    }
    return bytes + (long) LENGTH_BYTES * count;
  }

  /** Writes strings whose size was asked before. */
  void write(ByteBuffer target) {
    try {
      int start = headBytes();
      var lengths = content.newCodedInput();
      for (int i = 0; i < count; i++) {
        int length = length(lengths);
        target.putInt(length);
        content.substring(start, start + length).copyTo(target);
        start += length;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private int headBytes() throws IOException {
    var lengths = content.newCodedInput();
    for (int i = 0; i < count; i++) {
      var _ = length(lengths);
    }
    return lengths.getTotalBytesRead();
  }

  private int length(CodedInputStream lengths) throws IOException {
    int length = lengths.readRawVarint32();
    if (length < 0) {
      throw wrongContent();
    }
    return length;
  }

  private RuntimeException wrongContent() {
    return invalid(
        "Input '%s' has %d bytes in tensor_content, which are not the lengths and then the bytes of %d strings."
            .formatted(name, content.size(), count));
  }
}
