package dev.millrace.store.artifact;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.util.Optional;

/**
 * The SHA-256 of a file, in an extended attribute of the file itself: there when the file is
 * published, since it is renamed with it, and gone with it.
 */
final class DigestAttribute {
  private static final String NAME = "millrace.sha256";
  private static final int BYTES = 32;

  private DigestAttribute() {}

  /** Keeps the digest; false where the file system has no such attributes. */
  static boolean write(Path file, byte[] sha256) throws IOException {
    var view = Files.getFileAttributeView(file, UserDefinedFileAttributeView.class);
    if (view == null) {
      return false;
    }
    try {
      view.write(NAME, ByteBuffer.wrap(sha256));
      return true;
    } catch (FileSystemException e) {
      if (String.valueOf(e.getReason()).contains("not supported")) {
        return false;
      }
      throw e;
    }
  }

  static Optional<byte[]> read(Path file) throws IOException {
    var view = Files.getFileAttributeView(file, UserDefinedFileAttributeView.class);
    if (view == null) {
      return Optional.empty();
    }
    try {
      var value = ByteBuffer.allocate(BYTES);
      return view.read(NAME, value) == BYTES ? Optional.of(value.array()) : Optional.empty();
    } catch (NoSuchFileException e) {
      throw e;
    } catch (FileSystemException _) {
      // A file that lies there without the attribute, or a file system that has none.
      return Optional.empty();
    }
  }
}
