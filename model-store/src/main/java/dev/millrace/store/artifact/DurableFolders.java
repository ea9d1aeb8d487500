package dev.millrace.store.artifact;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** What folders need beyond {@link Files}: names that survive a loss of power, whole trees. */
final class DurableFolders {
  private DurableFolders() {}

  /** Makes the names in a folder durable. */
  static void force(Path folder) throws IOException {
    try (var channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /** Makes the names of a folder and of those above it durable, up to the root. */
  static void forceUpTo(Path root, Path folder) throws IOException {
    for (Path named = folder; !named.equals(root); named = parent(named)) {
      force(parent(named));
    }
  }

  static Path parent(Path path) {
    return Objects.requireNonNull(path.getParent(), "Only the root of a file system has no parent");
  }

  /** What lies there; follows no links. */
  static Usage usage(Path tree) throws IOException {
    return walk(tree, false);
  }

  /** Deletes what lies there; follows no links. */
  static Usage delete(Path tree) throws IOException {
    return walk(tree, true);
  }

  private static Usage walk(Path tree, boolean delete) throws IOException {
    var files = new AtomicLong();
    var bytes = new AtomicLong();
    var visitor =
        new SimpleFileVisitor<Path>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            files.incrementAndGet();
            bytes.addAndGet(attributes.size());
            if (delete) {
              Files.deleteIfExists(file);
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
            if (e instanceof NoSuchFileException) {
              return FileVisitResult.CONTINUE;
            }
            throw e;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException e)
              throws IOException {
            if (e != null) {
              throw e;
            }
            if (delete) {
              Files.deleteIfExists(folder);
            }
            return FileVisitResult.CONTINUE;
          }
        };
    try {
      Files.walkFileTree(tree, visitor);
    } catch (UncheckedIOException e) {
      throw Objects.requireNonNull(e.getCause());
    }
    return new Usage(files.get(), bytes.get());
  }
}
