package dev.millrace.serving.api.sharedmemory;

import static dev.millrace.serving.api.sharedmemory.Refusals.invalid;

import dev.millrace.serving.failure.InferenceException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One registered region. Its file stays open until it is unregistered and no request uses it any
 * more; a file that takes its name later is another one.
 *
 * <p>Problem: the client may cut the file short at any time, and a read of mapped memory beyond the
 * end of its file is a SIGBUS. Java survives that in its own code at best; in native code, such as
 * that of ONNX Runtime, it ends the process. Choice: nothing is mapped. Bytes are copied by {@code
 * pread} and {@code pwrite}, which count what they find and fail with an error. Cost: one copy each
 * way, at the speed of memory, which is less than the copies through a socket that shared memory
 * spares.
 *
 * <p>Thread-safe.
 */
final class Region {
  private static final Logger log = LoggerFactory.getLogger(Region.class);

  /** Java keeps a buffer of the size of a write from the heap for each thread. */
  private static final int MOST_WRITTEN_AT_ONCE = 1 << 20;

  private final RegionDescription description;
  private final FileChannel file;
  private final Runnable whenClosed;

  /** The registration and each request that uses it. Guarded by this. */
  private int users = 1;

  Region(RegionDescription description, FileChannel file, Runnable whenClosed) {
    this.description = description;
    this.file = file;
    this.whenClosed = whenClosed;
  }

  RegionDescription description() {
    return description;
  }

  /** False once it is closed; {@link #leave} follows otherwise. */
  synchronized boolean use() {
    if (users == 0) {
      return false;
    }
    users++;
    return true;
  }

  void leave() {
    if (isLast()) {
      close();
    }
  }

  private synchronized boolean isLast() {
    users--;
    return users == 0;
  }

  private void close() {
    whenClosed.run();
    try {
      file.close();
    } catch (IOException e) {
      log.warn("A shared memory object was not closed", e);
    }
  }

  /** Fills the rest of the target with what lies this many bytes behind the region's beginning. */
  void read(long at, ByteBuffer target) {
    long position = description.offset() + at;
    try {
      while (target.hasRemaining()) {
        int read = file.read(target, position);
        if (read <= 0) {
          throw cutShort();
        }
        position += read;
      }
    } catch (IOException _) {
      throw invalid("Unable to read shared memory region: '%s'".formatted(description.name()));
    }
  }

  /** Writes all of the data, whose position stays where it is. */
  void write(long at, ByteBuffer data) {
    long position = description.offset() + at;
    var rest = data.duplicate();
    try {
      // A write beyond the end would make the file grow again.
      if (file.size() - position < rest.remaining()) {
        throw cutShort();
      }
      while (rest.hasRemaining()) {
        int length = Math.min(rest.remaining(), MOST_WRITTEN_AT_ONCE);
        int written = file.write(rest.slice(rest.position(), length), position);
        rest.position(rest.position() + written);
        position += written;
      }
    } catch (IOException _) {
      throw invalid("Unable to write shared memory region: '%s'".formatted(description.name()));
    }
  }

  private InferenceException cutShort() {
    return invalid(
        "The shared memory object of region '%s' is shorter than when it was registered. Make it as long again, or register what there is."
            .formatted(description.name()));
  }
}
