package dev.millrace.store.artifact;

import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/** A file of the artifact folder. */
final class LocalFile implements StoredFile {
  private static final int BUFFER_BYTES = 64 << 10;
  private static final int MAX_REPLACEMENTS = 100;

  private final FileChannel channel;
  private final BasicFileAttributes attributes;
  private final Optional<byte[]> sha256;

  private LocalFile(FileChannel channel, BasicFileAttributes attributes, Optional<byte[]> sha256) {
    this.channel = channel;
    this.attributes = attributes;
    this.sha256 = sha256;
  }

  /** Java reads attributes by path only: they are of the opened file when they did not change. */
  static LocalFile open(Path file) throws IOException {
    return open(file, opened -> FileChannel.open(opened, StandardOpenOption.READ));
  }

  static LocalFile open(Path file, Upload.Opener opener) throws IOException {
    for (int replacements = 0; replacements < MAX_REPLACEMENTS; replacements++) {
      var attributes = attributes(file);
      var digest = DigestAttribute.read(file);
      var channel = opener.open(file);
      try {
        if (isSame(attributes, attributes(file))) {
          return new LocalFile(channel, attributes, digest);
        }
      } catch (IOException e) {
        // Deleted just now: nobody else knows of the channel.
        channel.close();
        throw e;
      }
      channel.close();
    }
    throw new IOException("'%s' is replaced faster than it can be opened".formatted(file));
  }

  @Override
  public long sizeBytes() {
    return attributes.size();
  }

  @Override
  public Instant modified() {
    return attributes.lastModifiedTime().toInstant();
  }

  @Override
  public String tag() {
    var modified = modified();
    return "%x-%x%08x".formatted(sizeBytes(), modified.getEpochSecond(), modified.getNano());
  }

  @Override
  public Optional<byte[]> sha256() {
    return sha256;
  }

  @Override
  public void copyTo(OutputStream target, long from, long count) throws IOException {
    var buffer = ByteBuffer.allocate((int) Math.min(BUFFER_BYTES, Math.max(count, 1)));
    var left = count;
    while (left > 0) {
      buffer.clear().limit((int) Math.min(buffer.capacity(), left));
      var read = channel.read(buffer, from + count - left);
      if (read < 0) {
        throw new EOFException("The file became shorter while it was read");
      }
      target.write(buffer.array(), 0, read);
      left -= read;
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  private static BasicFileAttributes attributes(Path file) throws IOException {
    return Files.readAttributes(file, BasicFileAttributes.class);
  }

  private static boolean isSame(BasicFileAttributes one, BasicFileAttributes other) {
    return Objects.equals(one.fileKey(), other.fileKey())
        && one.size() == other.size()
        && one.lastModifiedTime().equals(other.lastModifiedTime());
  }
}
