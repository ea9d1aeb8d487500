package dev.millrace.serving.api.edge;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufInputStream;
import io.netty.buffer.ByteBufOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import org.jspecify.annotations.Nullable;

/** How a body is compressed. */
public enum ContentCoding {
  IDENTITY,
  GZIP,
  /** The zlib format, as the standard has it; raw deflate is read as well, as clients send it. */
  DEFLATE;

  private static final int STEP_BYTES = 16 << 10;

  /** As the header {@code Content-Encoding} names it. */
  public String headerValue() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The coding of a request; throws {@link InferenceFailure.Unsupported} for others. */
  public static ContentCoding ofRequest(@Nullable String contentEncoding) {
    if (contentEncoding == null || contentEncoding.isBlank()) {
      return IDENTITY;
    }
    return switch (contentEncoding.strip().toLowerCase(Locale.ROOT)) {
      case "identity" -> IDENTITY;
      case "gzip", "x-gzip" -> GZIP;
      case "deflate" -> DEFLATE;
      default ->
          throw new InferenceException(
              new InferenceFailure.Invalid(
                  "Unsupported Content-Encoding '%s': send gzip, deflate or identity"
                      .formatted(contentEncoding)));
    };
  }

  /** The best coding that a client accepts; gzip before deflate, identity when it says nothing. */
  public static ContentCoding ofAnswer(@Nullable String acceptEncoding) {
    return acceptEncoding == null ? IDENTITY : AcceptedCodings.best(acceptEncoding);
  }

  /**
   * Decompresses a body into a buffer that is the caller's.
   *
   * @param limitBytes of the decompressed body; more is refused before it is kept
   */
  public ByteBuf inflate(ByteBuf body, int limitBytes, ByteBufAllocator allocator) {
    var inflated = allocator.directBuffer(STEP_BYTES);
    boolean whole = false;
    try (var in = inflating(body)) {
      copy(in, inflated, limitBytes);
      whole = true;
      return inflated;
    } catch (IOException e) {
      throw new InferenceException(
          new InferenceFailure.Invalid(
              "The body is not %s, although its Content-Encoding says so: %s"
                  .formatted(headerValue(), reason(e))));
    } finally {
      if (!whole) {
        inflated.release();
      }
    }
  }

  /** The end of the body where a head was expected comes without a message. */
  private static String reason(IOException e) {
    return e.getMessage() == null ? "it is empty or cut off" : e.getMessage();
  }

  /** Compresses a body, whose reference it takes over, into a buffer that is the caller's. */
  public ByteBuf deflate(ByteBuf body, ByteBufAllocator allocator) {
    try {
      return deflated(body, allocator.directBuffer(Math.max(64, body.readableBytes() / 2)));
    } catch (IOException e) {
      throw new UncheckedIOException("A buffer in memory cannot be written", e);
    } finally {
      body.release();
    }
  }

  private ByteBuf deflated(ByteBuf body, ByteBuf target) throws IOException {
    try (var out = deflating(new ByteBufOutputStream(target))) {
      body.readBytes(out, body.readableBytes());
    } catch (Throwable failure) {
      target.release();
      throw failure;
    }
    return target;
  }

  private InputStream inflating(ByteBuf body) throws IOException {
    var in = new ByteBufInputStream(body.duplicate());
    return switch (this) {
      case IDENTITY -> in;
      case GZIP -> new GZIPInputStream(in, STEP_BYTES);
      case DEFLATE ->
          new InflaterInputStream(in, new Inflater(!hasZlibHeader(body)), STEP_BYTES) {
            @Override
            public void close() throws IOException {
              super.close();
              inf.end();
            }
          };
    };
  }

  private OutputStream deflating(OutputStream out) throws IOException {
    return switch (this) {
      case IDENTITY -> out;
      case GZIP -> new GZIPOutputStream(out, STEP_BYTES);
      case DEFLATE ->
          new DeflaterOutputStream(out, new Deflater(Deflater.BEST_SPEED), STEP_BYTES) {
            @Override
            public void close() throws IOException {
              super.close();
              def.end();
            }
          };
    };
  }

  private static boolean hasZlibHeader(ByteBuf body) {
    if (body.readableBytes() < 2) {
      return true;
    }
    int header = body.getUnsignedShort(body.readerIndex());
    return (header >> 8 & 0xf) == Deflater.DEFLATED && header % 31 == 0;
  }

  private static void copy(InputStream in, ByteBuf target, int limitBytes) throws IOException {
    while (target.writeBytes(in, STEP_BYTES) >= 0) {
      if (target.readableBytes() > limitBytes) {
        throw new InferenceException(
            new InferenceFailure.TooLarge(
                "The body is larger than the limit of %d bytes once it is decompressed. Send fewer rows per request or raise the limit."
                    .formatted(limitBytes)));
      }
    }
  }
}
