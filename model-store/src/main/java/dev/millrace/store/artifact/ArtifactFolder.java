package dev.millrace.store.artifact;

import dev.millrace.protocol.mlflow.FileInfo;
import dev.millrace.store.failure.StoreException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;

/**
 * The folder of all artifacts. A file appears whole or not at all, and is on disk when {@link
 * #write} returns; a folder goes at once, however much is in it.
 */
@Component
final class ArtifactFolder implements ArtifactStorage {
  private static final int MAX_TRIES = 100;

  private final Path root;
  private final Path uploads;
  private final Upload.Opener opener;

  @Autowired
  ArtifactFolder(@Value("${millrace.home}/store") Path home) throws IOException {
    this(home, Upload.Opener.ON_DISK);
  }

  ArtifactFolder(Path home, Upload.Opener opener) throws IOException {
    this.root = Files.createDirectories(home.resolve("artifacts")).toRealPath();
    this.uploads = Files.createDirectories(home.resolve("uploads")).toRealPath();
    this.opener = opener;
    deleteWhatACrashLeft();
  }

  @Override
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

  @Override
  public StoredFile open(ArtifactPath path) throws IOException {
    var file = locate(path);
    if (Files.isDirectory(file)) {
      throw isFolder(path);
    }
    if (!Files.isRegularFile(file)) {
      throw StoreException.missing("No such artifact: '%s'".formatted(path.text()));
    }
    return LocalFile.open(file);
  }

  @Override
  public void write(ArtifactPath path, InputStream content, AnnouncedDigests announced)
      throws IOException {
    requireFile(path);
    try (var upload = upload()) {
      upload.write(content, announced);
      publish(upload, path);
    }
  }

  @Override
  public Usage usage(ArtifactPath path) throws IOException {
    return DurableFolders.usage(locate(path));
  }

  @Override
  public Usage delete(ArtifactPath path) throws IOException {
    var target = locate(path);
    if (path.text().isEmpty()) {
      throw StoreException.invalid("Invalid path");
    }
    var doomed = uploads.resolve("deleted-" + UUID.randomUUID());
    try {
      // A crash while it is deleted leaves nothing that can be seen.
      Files.move(target, doomed, StandardCopyOption.ATOMIC_MOVE);
    } catch (NoSuchFileException _) {
      return Usage.NONE;
    }
    DurableFolders.force(DurableFolders.parent(target));
    return DurableFolders.delete(doomed);
  }

  /** A file under way, on the same file system as the artifacts. */
  Upload upload() throws IOException {
    try {
      return Upload.in(uploads, opener);
    } catch (NoSuchFileException e) {
      throw new FileSystemException(e.getFile(), null, "its folder for uploads is gone");
    }
  }

  /** Moves a complete file to its place, over one that is there. */
  void publish(Upload upload, ArtifactPath path) throws IOException {
    var target = locate(path);
    var folder = DurableFolders.parent(target);
    move(upload, path, target);
    try {
      DurableFolders.force(folder);
      DurableFolders.forceUpTo(root, folder);
    } catch (NoSuchFileException _) {
      // Published, and deleted by somebody else since.
    }
  }

  private void move(Upload upload, ArtifactPath path, Path target) throws IOException {
    for (int tries = 1; ; tries++) {
      createFolders(path, DurableFolders.parent(target));
      requireFile(path);
      try {
        Files.move(upload.file(), target, StandardCopyOption.ATOMIC_MOVE);
        return;
      } catch (NoSuchFileException e) {
        // Somebody deletes the folder at the same time.
        if (tries == MAX_TRIES) {
          throw e;
        }
      }
    }
  }

  /** Refuses a path where no file can be. */
  void requireFile(ArtifactPath path) {
    if (path.text().isEmpty() || Files.isDirectory(locate(path))) {
      throw isFolder(path);
    }
  }

  /** Where a path lies; refuses one that leads out through a link. */
  private Path locate(ArtifactPath path) {
    var target = resolve(path);
    var existing = target;
    while (!Files.exists(existing, LinkOption.NOFOLLOW_LINKS)) {
      existing = DurableFolders.parent(existing);
    }
    try {
      if (target.startsWith(root) && existing.toRealPath().startsWith(root)) {
        return target;
      }
    } catch (NoSuchFileException _) {
      if (!Files.exists(existing, LinkOption.NOFOLLOW_LINKS)) {
        // Deleted since it was looked at; nothing there leads anywhere.
        return locate(path);
      }
      // A link to nothing leads out as well.
    } catch (IOException _) {
      // Neither does a loop of links lead anywhere inside.
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

  private void createFolders(ArtifactPath path, Path folder) throws IOException {
    try {
      Files.createDirectories(folder);
    } catch (FileAlreadyExistsException e) {
      throw StoreException.invalid(
          "Artifact path '%s' leads through '%s', which is a file."
              .formatted(path.text(), root.relativize(Path.of(e.getFile()))));
    }
  }

  private void deleteWhatACrashLeft() throws IOException {
    try (Stream<Path> left = Files.list(uploads)) {
      for (Path entry : left.toList()) {
        DurableFolders.delete(entry);
      }
    }
  }

  private static StoreException isFolder(ArtifactPath path) {
    return StoreException.invalid(
        "Artifact path refers to a directory, not a file: '%s'".formatted(path.text()));
  }

  /** The entry, or nothing when it was deleted since it was listed. */
  private static Stream<FileInfo> info(Path entry) {
    var name = String.valueOf(entry.getFileName());
    try {
      var attributes = Files.readAttributes(entry, BasicFileAttributes.class);
      return Stream.of(
          attributes.isDirectory()
              ? new FileInfo(name, true, null)
              : new FileInfo(name, false, attributes.size()));
    } catch (NoSuchFileException _) {
      return Stream.of();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
