package dev.millrace.serving.lifecycle;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Remembers beyond the end of the process which versions this release of the server has loaded and
 * checked, and what that told: of each model the last one, in a file of its own. So a server that
 * starts anew with more models than fit need not load those that would be unloaded at once. Losing
 * the files costs those loads. Thread-safe: each model has one change at a time.
 */
final class KnownVersions {
  private static final Logger log = LoggerFactory.getLogger(KnownVersions.class);

  /** Another release may refuse what this one accepts, so it looks for itself. */
  private static final String RELEASE =
      Optional.ofNullable(KnownVersions.class.getPackage().getImplementationVersion())
          .orElse("development");

  private static final String RELEASE_KEY = "release";

  private final @Nullable Path folder;

  /**
   * Keeps its files in this folder, which is made when needed.
   *
   * @param folder null to remember nothing
   */
  KnownVersions(@Nullable Path folder) {
    this.folder = folder;
  }

  /** What is known of exactly this content. */
  Optional<KnownVersion> find(Candidate candidate) {
    var file = file(candidate.model());
    if (file == null || !Files.exists(file)) {
      return Optional.empty();
    }
    try (var text = Files.newBufferedReader(file)) {
      var lines = new Properties();
      lines.load(text);
      return Optional.of(lines)
          .filter(known -> RELEASE.equals(known.getProperty(RELEASE_KEY)))
          .map(KnownVersion::read)
          .filter(known -> known.is(candidate));
    } catch (IOException | RuntimeException e) {
      log.warn(
          "Cannot read what is known of a model, it is loaded: model={}", candidate.model(), e);
      return Optional.empty();
    }
  }

  /** It was loaded. */
  void remember(String model, KnownVersion version) {
    var file = file(model);
    if (file == null) {
      return;
    }
    var lines = version.written();
    lines.setProperty(RELEASE_KEY, RELEASE);
    try {
      Files.createDirectories(file.getParent());
      var unfinished = Files.createTempFile(file.getParent(), "unfinished", "");
      try (var text = Files.newBufferedWriter(unfinished)) {
        lines.store(text, model);
      }
      Files.move(unfinished, file, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      log.warn("Cannot note what a load told: model={} reason={}", model, e.toString());
    }
  }

  /** Its load failed. */
  void forget(String model) {
    var file = file(model);
    try {
      if (file != null) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      log.warn("Cannot forget a model: model={} reason={}", model, e.toString());
    }
  }

  /** Named by a hash, because a name may be anything. */
  private @Nullable Path file(String model) {
    return folder == null ? null : folder.resolve(hash(model) + ".properties");
  }

  private static String hash(String model) {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(model.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-256", e);
    }
  }
}
