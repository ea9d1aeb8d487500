package dev.millrace.serving.api.sharedmemory;

import static dev.millrace.serving.api.sharedmemory.Refusals.invalid;

import dev.millrace.serving.failure.InferenceException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;

/**
 * Opens the shared memory objects that clients name: regular files directly in one folder, never
 * through a link. Whatever else a key names, and whatever does not exist, is refused in the same
 * words, so that nobody learns by it what lies there.
 *
 * @param folder {@code /dev/shm}, by its real path
 */
record RegionFiles(Path folder) {
  /** Of the memory that Triton's Python backend shares with its processes; reserved there too. */
  private static final String RESERVED = "triton_python_backend_shm_region_";

  private static final int MOST_KEY_CHARACTERS = 255;

  /**
   * For reading and writing.
   *
   * @throws InferenceException with Invalid
   */
  FileChannel open(RegionDescription wanted) {
    var file = file(wanted);
    try {
      var before = attributes(file, wanted);
      // O_NOFOLLOW and O_RDWR: a link fails, and so does a folder. A pipe put there just now opens
      // at once, but has no size, and no region begins where no byte is.
      var channel =
          FileChannel.open(
              file, StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
      try {
        checkSame(before, attributes(file, wanted), wanted);
        checkInside(wanted, channel.size());
        return channel;
      } catch (Throwable failure) {
        channel.close();
        throw failure;
      }
    } catch (IOException _) {
      throw unable(wanted.key());
    }
  }

  private Path file(RegionDescription wanted) {
    var key = wanted.key();
    var name = key.startsWith("/") ? key.substring(1) : key;
    if (name.startsWith(RESERVED)) {
      throw invalid(
          "cannot register shared memory region '%s' with key '%s' as the key contains the reserved prefix '%s'"
              .formatted(wanted.name(), key, RESERVED));
    }
    if (!isOneName(name)) {
      throw unable(key);
    }
    try {
      return folder.resolve(name);
    } catch (InvalidPathException _) {
      throw unable(key);
    }
  }

  private static boolean isOneName(String name) {
    return !name.isEmpty()
        && name.length() <= MOST_KEY_CHARACTERS
        && name.indexOf('/') < 0
        && name.indexOf('\0') < 0
        && !name.equals(".")
        && !name.equals("..");
  }

  private static BasicFileAttributes attributes(Path file, RegionDescription wanted)
      throws IOException {
    var attributes =
        Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    if (!attributes.isRegularFile()) {
      throw unable(wanted.key());
    }
    return attributes;
  }

  /** What was looked at is what was opened. */
  private static void checkSame(
      BasicFileAttributes before, BasicFileAttributes after, RegionDescription wanted) {
    if (!Objects.equals(before.fileKey(), after.fileKey())) {
      throw unable(wanted.key());
    }
  }

  private static void checkInside(RegionDescription wanted, long fileBytes) {
    // Subtracted, because the sum may not fit 63 bits.
    if (wanted.offset() > fileBytes || wanted.byteSize() > fileBytes - wanted.offset()) {
      throw Refusals.notRegistered(
          wanted.name(),
          "offset %d and byte_size %d reach beyond the end of the shared memory object"
              .formatted(wanted.offset(), wanted.byteSize()));
    }
  }

  private static InferenceException unable(String key) {
    return invalid(
        "Unable to open shared memory region: '%s'. The key has to name a shared memory object of the machine that runs the server, which the server may read and write."
            .formatted(key));
  }
}
