package dev.millrace.store.artifact;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** A file under way, beside the artifacts: nobody sees it until it is moved to its place. */
final class Upload implements AutoCloseable {
  private static final int BUFFER_BYTES = 64 << 10;

  /** Opens a file. */
  @FunctionalInterface
  interface Opener {
    /** The file as it is on the disk, for writing and reading. */
    Opener ON_DISK =
        file -> FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.READ);

    FileChannel open(Path file) throws IOException;
  }

  private final Path file;
  private final FileChannel channel;

  private Upload(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  static Upload in(Path folder, Opener opener) throws IOException {
    var file = Files.createTempFile(folder, "upload", ".part");
    try {
      return new Upload(file, opener.open(file));
    } catch (IOException e) {
      Files.deleteIfExists(file);
      throw e;
    }
  }

  /** Takes the whole stream to the disk; answers its SHA-256. */
  byte[] write(InputStream content, AnnouncedDigests announced) throws IOException {
    var hashes = announced.start();
    var bytes = new byte[BUFFER_BYTES];
    for (int count = content.read(bytes); count >= 0; count = content.read(bytes)) {
      hashes.update(bytes, count);
      var buffer = ByteBuffer.wrap(bytes, 0, count);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
    }
    return finished(hashes.check());
  }

  /**
   * Takes files one after the other. The file system shares their blocks where it can, and copies
   * them without the JVM elsewhere.
   */
  byte[] join(List<Path> parts) throws IOException {
    for (Path part : parts) {
      try (var source = FileChannel.open(part, StandardOpenOption.READ)) {
        var size = source.size();
        for (long done = 0; done < size; ) {
          var moved = source.transferTo(done, size - done, channel);
          if (moved <= 0) {
            throw new EOFException("A part became shorter while it was joined");
          }
          done += moved;
        }
      }
    }
    return finished(hashOfAll());
  }

  Path file() {
    return file;
  }

  /** Removes the file unless it was moved. */
  @Override
  public void close() throws IOException {
    channel.close();
    Files.deleteIfExists(file);
  }

  private byte[] hashOfAll() throws IOException {
    var hashes = AnnouncedDigests.NONE.start();
    var buffer = ByteBuffer.allocate(BUFFER_BYTES);
    var position = 0L;
    for (int count = channel.read(buffer, 0); count >= 0; count = channel.read(buffer, position)) {
      hashes.update(buffer.array(), count);
      position += count;
      buffer.clear();
    }
    return hashes.check();
  }

  private byte[] finished(byte[] sha256) throws IOException {
    DigestAttribute.write(file, sha256);
    channel.force(true);
    return sha256;
  }
}
