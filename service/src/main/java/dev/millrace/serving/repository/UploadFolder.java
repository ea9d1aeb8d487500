package dev.millrace.serving.repository;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A folder that is one process's own while it lives, among those of others that have the same home.
 * It holds a lock on a file in it, which ends with the process however that ends: numbers of
 * processes would not do, for those in two containers may be the same.
 */
final class UploadFolder implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(UploadFolder.class);
  private static final String PREFIX = "process-";
  private static final String FRESH = "new-";
  private static final String LOCK = "lock";

  private final Path own;
  private final FileChannel lock;

  private UploadFolder(Path own, FileChannel lock) {
    this.own = own;
    this.lock = lock;
  }

  /** Makes one below a folder, and removes those of processes that are gone. */
  static UploadFolder below(Path folder) throws IOException {
    Files.createDirectories(folder);
    removeOfTheGone(folder);
    // Takes its name only once it is locked: until then nobody may judge whose it is.
    var fresh = Files.createTempDirectory(folder, FRESH);
    var lock = locked(fresh);
    try {
      var own = folder.resolve(fresh.getFileName().toString().replace(FRESH, PREFIX));
      Files.move(fresh, own, StandardCopyOption.ATOMIC_MOVE);
      Files.createDirectory(models(own));
      return new UploadFolder(own, lock);
    } catch (IOException e) {
      lock.close();
      throw e;
    }
  }

  private static FileChannel locked(Path folder) throws IOException {
    var channel =
        FileChannel.open(
            folder.resolve(LOCK), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    try {
      if (channel.tryLock() != null) {
        return channel;
      }
      throw new IOException("Somebody else locks '%s'".formatted(folder));
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  /** Where the folders of models lie. */
  Path models() {
    return models(own);
  }

  private static Path models(Path own) {
    return own.resolve("models");
  }

  private static void removeOfTheGone(Path folder) throws IOException {
    try (var processes = Files.newDirectoryStream(folder, PREFIX + "*")) {
      for (var process : processes) {
        removeIfLeft(process);
      }
    }
  }

  private static void removeIfLeft(Path process) {
    try (var channel = FileChannel.open(process.resolve(LOCK), StandardOpenOption.WRITE)) {
      if (channel.tryLock() != null) {
        remove(process);
      }
    } catch (NoSuchFileException _) {
      // Its end was cut short while the folder was removed.
      remove(process);
    } catch (OverlappingFileLockException _) {
      log.debug("Uploads of this very process are left alone: folder={}", process);
    } catch (IOException e) {
      log.warn("Cannot tell whose uploads these are: folder={} reason={}", process, e.toString());
    }
  }

  /** Removes a folder. A file that is open stays readable until it is closed. */
  static void remove(Path folder) {
    try (var below = Files.walk(folder)) {
      for (var path : below.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (NoSuchFileException _) {
      log.debug("Already removed: folder={}", folder);
    } catch (IOException | UncheckedIOException e) {
      log.warn("Cannot remove an upload: folder={} reason={}", folder, e.toString());
    }
  }

  /** Removes it; nothing can be written into it from now on. */
  @Override
  public void close() {
    remove(own);
    try {
      lock.close();
    } catch (IOException e) {
      log.warn("Cannot unlock the uploads: folder={} reason={}", own, e.toString());
    }
  }
}
