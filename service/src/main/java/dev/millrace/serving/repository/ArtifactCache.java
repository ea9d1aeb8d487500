package dev.millrace.serving.repository;

import dev.millrace.protocol.packaging.PackageException;
import dev.millrace.serving.lifecycle.ServablePackage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Properties;
import java.util.UUID;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Packages on this machine, by content, and the champions last served, so that a restart can serve
 * them while the store is down.
 *
 * <pre>
 * packages/DIGEST/...          complete and checked: a folder gets this name by one rename
 * incoming/RANDOM/...          being downloaded
 * champions/MODEL.properties   what was last served
 * </pre>
 */
final class ArtifactCache {
  private static final Logger log = LoggerFactory.getLogger(ArtifactCache.class);
  private static final Pattern KEY = Pattern.compile("[0-9a-f]{64}");
  private static final Duration SPARED = Duration.ofDays(1);
  private static final String SUFFIX = ".properties";
  private static final String UNFINISHED = ".new";

  private final Path packages;
  private final Path incoming;
  private final Path champions;

  /** Clears away what a killed process left half done. */
  ArtifactCache(Path folder) {
    this.packages = folder.resolve("packages");
    this.incoming = folder.resolve("incoming");
    this.champions = folder.resolve("champions");
    deleteOld(incoming, "*");
    deleteOld(champions, "*" + UNFINISHED);
  }

  /** Spares what is young: another service with this cache may be at work on it. */
  private static void deleteOld(Path folder, String names) {
    if (!Files.isDirectory(folder)) {
      return;
    }
    var youngest = Instant.now().minus(SPARED);
    try (var files = Files.newDirectoryStream(folder, names)) {
      for (var file : files) {
        if (Files.getLastModifiedTime(file).toInstant().isBefore(youngest)) {
          delete(file);
        }
      }
    } catch (IOException e) {
      log.warn("Cannot look for unfinished files in '{}': {}", folder, e.toString());
    }
  }

  /** Brings the files of a version into a folder. */
  @FunctionalInterface
  interface Download {
    void into(Path folder) throws IOException;
  }

  /** The package of a champion, from the cache where it is whole, else downloaded and checked. */
  ServablePackage fetch(Champion champion, Download download) throws IOException {
    var place = place(champion);
    if (Files.isDirectory(place)) {
      try {
        return cached(champion);
      } catch (IOException | PackageException e) {
        log.warn("Cached package is damaged, fetching it again: {}", e.getMessage());
        delete(place);
      }
    }
    return downloaded(champion, download);
  }

  /** The package of a champion as it lies here, checked; throws when it is not here. */
  ServablePackage cached(Champion champion) throws IOException {
    return ModelFiles.read(place(champion), champion.digest().orElse(null));
  }

  private ServablePackage downloaded(Champion champion, Download download) throws IOException {
    var folder = incoming.resolve(UUID.randomUUID().toString());
    try {
      Files.createDirectories(folder);
      download.into(folder);
      ModelFiles.read(folder, champion.digest().orElse(null));
      moveInto(place(champion), folder);
    } finally {
      delete(folder);
    }
    return cached(champion);
  }

  private void moveInto(Path place, Path folder) throws IOException {
    Files.createDirectories(packages);
    try {
      Files.move(folder, place, StandardCopyOption.ATOMIC_MOVE);
    } catch (FileAlreadyExistsException | DirectoryNotEmptyException _) {
      // Another service with this cache was faster; the content is the same.
    }
  }

  /** Deletes packages that no champion needs; young ones may be about to become one. */
  void prune() {
    var needed = remembered().stream().map(Champion::identity).toList();
    var youngest = Instant.now().minus(SPARED);
    try (var folders = Files.newDirectoryStream(packages)) {
      for (var folder : folders) {
        boolean old = Files.getLastModifiedTime(folder).toInstant().isBefore(youngest);
        if (old && !needed.contains(folder.getFileName().toString())) {
          delete(folder);
        }
      }
    } catch (IOException e) {
      log.warn("Cannot look for old packages in '{}': {}", packages, e.toString());
    }
  }

  /** Keeps what is served now. A failure costs only the start without a store. */
  void remember(Champion champion) {
    try {
      Files.createDirectories(champions);
      var file = Files.createTempFile(champions, champion.model(), UNFINISHED);
      try (var out = Files.newOutputStream(file)) {
        champion.toProperties().store(out, null);
      }
      Files.move(
          file,
          champions.resolve(champion.model() + SUFFIX),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      log.warn("Cannot note the champion of '{}' in '{}': {}", champion.model(), champions, e);
    }
  }

  void forget(String model) {
    try {
      Files.deleteIfExists(champions.resolve(model + SUFFIX));
    } catch (IOException e) {
      log.warn("Cannot delete the note of '{}' in '{}': {}", model, champions, e);
    }
  }

  /** What was last served; a note that cannot be read is left out. */
  List<Champion> remembered() {
    if (!Files.isDirectory(champions)) {
      return List.of();
    }
    var found = new ArrayList<Champion>();
    try (var files = Files.newDirectoryStream(champions, "*" + SUFFIX)) {
      for (var file : files) {
        read(file, found);
      }
    } catch (IOException e) {
      log.warn("Cannot read '{}': {}", champions, e.toString());
    }
    return found;
  }

  private static void read(Path file, List<Champion> found) {
    var properties = new Properties();
    try (var in = Files.newInputStream(file)) {
      properties.load(in);
      found.add(Champion.from(properties));
    } catch (IOException | IllegalArgumentException e) {
      log.warn("Note of a champion is skipped: file={} reason={}", file, e.toString());
    }
  }

  private Path place(Champion champion) throws IOException {
    if (!KEY.matcher(champion.identity()).matches()) {
      throw new IOException(
          "The tag '%s' of version %s is '%s'; expected 64 lower-case hexadecimal digits"
              .formatted(Champion.DIGEST_TAG, champion.version(), champion.identity()));
    }
    return packages.resolve(champion.identity());
  }

  private static void delete(Path folder) {
    if (!Files.exists(folder)) {
      return;
    }
    try (var files = Files.walk(folder)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException | UncheckedIOException e) {
      log.warn("Cannot delete '{}': {}", folder, e.toString());
    }
  }
}
