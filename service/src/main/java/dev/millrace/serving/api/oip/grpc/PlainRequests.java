package dev.millrace.serving.api.oip.grpc;

import io.netty.buffer.ByteBufAllocator;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * Reads the ModelInfer messages that clients nearly always send straight off the wire, without the
 * objects that protobuf's parser makes of them.
 *
 * <p>Problem: a parsed message is a dozen objects and two copies of the tensors. Choice: what is
 * plain is read here, in whatever order its fields come, and copied once, into the memory of the
 * request: raw contents of numbers, names in ASCII, no parameters. All else, damaged messages and
 * wrong sizes included, is left to the generated parser and {@link InferDecoder}, which know every
 * encoding and every refusal. So this class refuses nothing, and a test holds what it takes against
 * the generated parser.
 */
final class PlainRequests {
  private final ByteBufAllocator allocator;
  private final Names names = new Names();

  PlainRequests(ByteBufAllocator allocator) {
    this.allocator = allocator;
  }

  /**
   * The request, if it is plain; else null, and the stream stands where it stood.
   *
   * @param deadlineNanos see {@link dev.millrace.serving.inference.InferenceRequest}
   */
  @Nullable DecodedInfer read(InputStream message, long deadlineNanos) throws IOException {
    if (!WireBytes.canRead(message)) {
      return null;
    }
    try {
      return read(new WireBytes(message), deadlineNanos);
    } catch (NotPlainException _) {
      return null;
    }
  }

  private @Nullable DecodedInfer read(WireBytes bytes, long deadlineNanos) throws IOException {
    var request = new PlainRequest(bytes, allocator, names);
    try {
      return request.read(deadlineNanos);
    } catch (NotPlainException _) {
      request.release();
      bytes.rewind();
      return null;
    } catch (Throwable failure) {
      request.release();
      throw failure;
    }
  }
}
