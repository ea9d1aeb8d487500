package dev.millrace.store.artifact;

import dev.millrace.protocol.mlflow.FileInfo;
import dev.millrace.store.failure.StoreException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;

/**
 * The folder of all artifacts. A file appears whole or not at all, and is on disk when {@link
 * #write} returns.
 */
@Component
public final class ArtifactFolder {
  private final Path root;
  private final Path uploads;

  ArtifactFolder(@Value("${millrace.home}/store") Path home) throws IOException {
    this.root = Files.createDirectories(home.resolve("artifacts")).toRealPath();
    this.uploads = Files.createDirectories(home.resolve("uploads")).toRealPath();
    deleteWhatACrashLeft();
  }

  /** The entries of a folder by name; none when there is no such folder. Paths are names. */
  public List<FileInfo> list(ArtifactPath path) {
    var folder = locate(path);
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .flatMap(ArtifactFolder::info)
          .sorted(Comparator.comparing(FileInfo::path))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The file of a path, which must be there. */
  Path file(ArtifactPath path) {
    var file = locate(path);
    if (Files.isDirectory(file)) {
      throw StoreException.invalid(
          "Artifact path refers to a directory, not a file: '%s'".formatted(path.text()));
    }
    if (!Files.isRegularFile(file)) {
      throw StoreException.missing("No such artifact: '%s'".formatted(path.text()));
    }
    return file;
  }

  /** Writes a file from a stream, over one that is there. */
  void write(ArtifactPath path, InputStream content) throws IOException {
    var target = locate(path);
    if (path.text().isEmpty() || Files.isDirectory(target)) {
      throw StoreException.invalid(
          "Artifact path refers to a directory, not a file: '%s'".formatted(path.text()));
    }
    var upload = Files.createTempFile(uploads, "upload", ".part");
    try {
      copyDurably(content, upload);
      createFolders(path, parent(target));
      Files.move(upload, target, StandardCopyOption.ATOMIC_MOVE);
      force(parent(target));
    } finally {
      Files.deleteIfExists(upload);
    }
  }

  /** Deletes a file or a folder with all that is in it, if it is there. */
  void delete(ArtifactPath path) throws IOException {
    var target = locate(path);
    if (path.text().isEmpty()) {
      throw StoreException.invalid("Invalid path");
    }
    if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
      try (Stream<Path> below = Files.walk(target)) {
        for (Path entry : below.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(entry);
        }
      }
    }
  }

  /** Where a path lies; refuses one that leads out through a link. */
  private Path locate(ArtifactPath path) {
    var target = resolve(path);
    var existing = target;
    while (!Files.exists(existing, LinkOption.NOFOLLOW_LINKS)) {
      existing = parent(existing);
    }
    try {
      if (target.startsWith(root) && existing.toRealPath().startsWith(root)) {
        return target;
      }
    } catch (IOException _) {
      // A link to nothing leads out as well.
    }
    throw StoreException.invalid("Invalid path");
  }

  private Path resolve(ArtifactPath path) {
    try {
      return root.resolve(path.text()).normalize();
    } catch (InvalidPathException _) {
      // A name the file system cannot write: without a UTF-8 locale, all that is not ASCII.
      throw StoreException.invalid("Invalid path");
    }
  }

  private static void copyDurably(InputStream content, Path upload) throws IOException {
    try (var channel = FileChannel.open(upload, StandardOpenOption.WRITE)) {
      content.transferTo(Channels.newOutputStream(channel));
      channel.force(true);
    }
  }

  private void createFolders(ArtifactPath path, Path folder) throws IOException {
    try {
      Files.createDirectories(folder);
    } catch (FileAlreadyExistsException e) {
      throw StoreException.invalid(
          "Artifact path '%s' leads through '%s', which is a file."
              .formatted(path.text(), root.relativize(Path.of(e.getFile()))));
    }
    for (Path created = folder; !created.equals(root); created = parent(created)) {
      force(parent(created));
    }
  }

  /** Makes the names in a folder durable. */
  private static void force(Path folder) throws IOException {
    try (var channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static Path parent(Path path) {
    return Objects.requireNonNull(path.getParent(), "Only the root of a file system has no parent");
  }

  private void deleteWhatACrashLeft() throws IOException {
    try (Stream<Path> left = Files.list(uploads)) {
      for (Path file : left.toList()) {
        Files.delete(file);
      }
    }
  }

  /** The entry, or nothing when it was deleted since it was listed. */
  private static Stream<FileInfo> info(Path entry) {
    var name = String.valueOf(entry.getFileName());
    try {
      return Stream.of(
          Files.isDirectory(entry)
              ? new FileInfo(name, true, null)
              : new FileInfo(name, false, Files.size(entry)));
    } catch (NoSuchFileException _) {
      return Stream.of();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
