package dev.millrace.store.webhook;

import dev.millrace.store.failure.StartFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The key that secrets of webhooks are encrypted with: one that is set, or a random one in a file
 * that is made when the first secret comes.
 */
final class SecretKey {
  private static final int BYTES = 32;

  private final Path file;
  // Guarded by this.
  private byte @Nullable [] key;

  private SecretKey(Path file, byte @Nullable [] key) {
    this.file = file;
    this.key = key;
  }

  /**
   * The key in the setting, 32 bytes in base64 of either alphabet as MLflow's is, or the one in the
   * file when the setting is empty.
   */
  static SecretKey of(String setting, Path file) {
    if (setting.isBlank()) {
      return new SecretKey(file, null);
    }
    var bytes = decoded(setting);
    if (bytes.length != BYTES) {
      throw new StartFailure(
          "MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY must be 32 bytes in base64. Make one with: openssl rand -base64 32");
    }
    return new SecretKey(file, bytes);
  }

  synchronized byte[] bytes() {
    if (key == null) {
      key = Files.exists(file) ? read() : create();
    }
    return key.clone();
  }

  private byte[] read() {
    try {
      var bytes = decoded(Files.readString(file));
      if (bytes.length == BYTES) {
        return bytes;
      }
    } catch (IOException e) {
      throw new UncheckedIOException("The key of the webhooks' secrets cannot be read", e);
    }
    throw new IllegalStateException(
        "The file %s holds no key of 32 bytes in base64. Restore it from a backup, or delete it and set the secrets of the webhooks again."
            .formatted(file));
  }

  private byte[] create() {
    var bytes = new byte[BYTES];
    new SecureRandom().nextBytes(bytes);
    var folder = file.toAbsolutePath().getParent();
    var beside = file.resolveSibling(file.getFileName() + ".new");
    try {
      Files.createDirectories(folder);
      Files.deleteIfExists(beside);
      write(beside, Base64.getEncoder().encode(bytes));
      // On disk before the first secret that it is needed for.
      Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE);
      try (var entries = FileChannel.open(folder)) {
        entries.force(true);
      }
      return bytes;
    } catch (IOException e) {
      throw new UncheckedIOException("The key of the webhooks' secrets cannot be written", e);
    }
  }

  private static void write(Path path, byte[] content) throws IOException {
    var onlyOwner =
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    try (var channel =
        FileChannel.open(
            path, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), onlyOwner)) {
      var buffer = ByteBuffer.wrap(content);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      channel.force(true);
    }
  }

  private static byte[] decoded(String text) {
    var standard = text.strip().replace('-', '+').replace('_', '/');
    try {
      return Base64.getDecoder().decode(standard.getBytes(StandardCharsets.US_ASCII));
    } catch (IllegalArgumentException _) {
      return new byte[0];
    }
  }
}
