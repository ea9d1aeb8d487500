package dev.millrace.store.artifact;

import dev.millrace.store.failure.ErrorCode;
import dev.millrace.store.failure.StoreException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;

/**
 * Files that come in parts.
 *
 * <p>Each upload is a folder: {@code target} says where the file goes and of how many parts, and a
 * part is a file whose name is its number and its SHA-256, which is its ETag too. Once the file is
 * in its place, {@code target} becomes {@code done}, so that a client that asks again, because an
 * answer was lost, hears that all is well.
 */
@Component
final class MultipartUploads {
  static final int MAX_PARTS = 10_000;
  static final Duration LIFETIME = Duration.ofHours(24);

  private static final int MAX_OPEN = 1_000;
  private static final int LOCKS = 64;
  private static final int NUMBER_DIGITS = 5;
  private static final Pattern ID = Pattern.compile("[0-9a-f]{32}");
  private static final String TARGET = "target";
  private static final String DONE = "done";

  /** A part as the client names it: the ETag is what its upload was answered; empty is any. */
  record Part(long number, String etag) {}

  /** Where a file goes, and of how many parts it is. */
  private record Target(ArtifactPath path, int parts) {}

  private final ArtifactFolder folder;
  private final Path open;
  // Guard each upload: parts of one come at the same time, and its end may come with them.
  private final List<ReentrantLock> locks =
      IntStream.range(0, LOCKS).mapToObj(_ -> new ReentrantLock()).toList();

  MultipartUploads(@Value("${millrace.home}/store") Path home, ArtifactFolder folder)
      throws IOException {
    this.folder = folder;
    this.open = Files.createDirectories(home.resolve("parts")).toRealPath();
  }

  /** Begins an upload; answers its id. */
  String create(ArtifactPath path, long parts) throws IOException {
    folder.requireFile(path);
    if (parts < 1 || parts > MAX_PARTS) {
      throw StoreException.invalid(
          "num_parts is %s, but has to be between 1 and %s. Send larger parts."
              .formatted(parts, MAX_PARTS));
    }
    if (count() >= MAX_OPEN) {
      throw new StoreException(
          ErrorCode.TEMPORARILY_UNAVAILABLE,
          "%s uploads in parts are open already. Complete or abort one; they end by themselves after %s hours."
              .formatted(MAX_OPEN, LIFETIME.toHours()));
    }
    var id = UUID.randomUUID().toString().replace("-", "");
    var upload = Files.createDirectory(open.resolve(id));
    Files.writeString(upload.resolve(TARGET), parts + " " + path.text());
    return id;
  }

  /** Keeps a part; answers its ETag, without quotes. */
  String put(String id, long number, InputStream content, AnnouncedDigests announced)
      throws IOException {
    var target = target(id);
    if (number < 1 || number > target.parts()) {
      throw StoreException.invalid(
          "Part %s is none of the upload, which has %s.".formatted(number, target.parts()));
    }
    try (var upload = folder.upload()) {
      var etag = HexFormat.of().formatHex(upload.write(content, announced));
      locked(
          id,
          () -> {
            target(id);
            var before = parts(id, "%05d-*".formatted(number));
            var part = upload(id).resolve("%05d-%s".formatted(number, etag));
            Files.move(upload.file(), part, StandardCopyOption.ATOMIC_MOVE);
            before.remove(part);
            for (Path replaced : before) {
              Files.delete(replaced);
            }
          });
      return etag;
    }
  }

  /** Makes the file of its parts. Once is enough; again does nothing. */
  void complete(String id, ArtifactPath path, List<Part> parts) throws IOException {
    locked(
        id,
        () -> {
          if (isDone(id)) {
            requireSame(target(id, DONE), path);
            return;
          }
          var target = target(id);
          requireSame(target, path);
          var files = files(id, target, parts);
          try (var upload = folder.upload()) {
            upload.join(files);
            folder.publish(upload, path);
          }
          Files.move(upload(id).resolve(TARGET), upload(id).resolve(DONE));
          for (Path file : files) {
            Files.deleteIfExists(file);
          }
        });
  }

  /** Forgets the upload, if it is there. */
  void abort(String id, ArtifactPath path) throws IOException {
    locked(
        id,
        () -> {
          if (Files.exists(upload(id).resolve(TARGET))) {
            requireSame(target(id), path);
            DurableFolders.delete(upload(id));
          }
        });
  }

  /** Removes what nobody has touched for a day. */
  void expire(Instant now) throws IOException {
    try (Stream<Path> all = Files.list(open)) {
      for (Path upload : all.toList()) {
        expire(upload, now);
      }
    }
  }

  private void expire(Path upload, Instant now) throws IOException {
    try {
      locked(
          name(upload),
          () -> {
            if (Files.getLastModifiedTime(upload).toInstant().isBefore(now.minus(LIFETIME))) {
              DurableFolders.delete(upload);
            }
          });
    } catch (NoSuchFileException _) {
      // Aborted since it was listed: no reason to keep the others.
    }
  }

  private List<Path> files(String id, Target target, List<Part> parts) throws IOException {
    if (parts.size() != target.parts()) {
      throw StoreException.invalid(
          "The upload has %s parts, but %s were named. Name all of them."
              .formatted(target.parts(), parts.size()));
    }
    var kept = new HashMap<Long, Path>();
    for (Path part : parts(id, "*-*")) {
      kept.put(Long.valueOf(name(part).substring(0, NUMBER_DIGITS)), part);
    }
    var files = new ArrayList<Path>();
    for (Part part : parts) {
      if (part.number() != files.size() + 1) {
        throw StoreException.invalid(
            "Part %s stands where part %s belongs. Name the parts in order, each once."
                .formatted(part.number(), files.size() + 1));
      }
      var etag = part.etag().replace("\"", "");
      var found = kept.get(part.number());
      if (found == null || !(etag.isEmpty() || etag(found).equals(etag))) {
        throw StoreException.invalid(
            "Part %s with the ETag '%s' is not there. Send it again before you complete the upload."
                .formatted(part.number(), part.etag()));
      }
      files.add(found);
    }
    return files;
  }

  private List<Path> parts(String id, String names) throws IOException {
    var parts = new ArrayList<Path>();
    try (var found = Files.newDirectoryStream(upload(id), names)) {
      found.forEach(parts::add);
    }
    return parts;
  }

  private static String etag(Path part) {
    return name(part).substring(NUMBER_DIGITS + 1);
  }

  private static String name(Path file) {
    return String.valueOf(file.getFileName());
  }

  private Target target(String id) throws IOException {
    return target(id, TARGET);
  }

  private Target target(String id, String file) throws IOException {
    try {
      var text = Files.readString(upload(id).resolve(file)).split(" ", 2);
      return new Target(new ArtifactPath(text[1]), Integer.parseInt(text[0]));
    } catch (NoSuchFileException _) {
      throw StoreException.missing(
          "There is no open upload with the id '%s'. It was completed or aborted, or is older than %s hours; begin another."
              .formatted(id, LIFETIME.toHours()));
    }
  }

  private boolean isDone(String id) {
    return Files.exists(upload(id).resolve(DONE));
  }

  private Path upload(String id) {
    if (!ID.matcher(id).matches()) {
      throw StoreException.invalid(
          "'%s' is no id of an upload. Send the upload_id of mpu/create.".formatted(id));
    }
    return open.resolve(id);
  }

  private long count() throws IOException {
    try (Stream<Path> all = Files.list(open)) {
      return all.filter(upload -> Files.exists(upload.resolve(TARGET))).count();
    }
  }

  private static void requireSame(Target target, ArtifactPath path) {
    if (!target.path().equals(path)) {
      throw StoreException.invalid(
          "The upload is for '%s', not for '%s'.".formatted(target.path().text(), path.text()));
    }
  }

  /** Work on the files of an upload. */
  @FunctionalInterface
  private interface Work {
    void run() throws IOException;
  }

  private void locked(String id, Work work) throws IOException {
    var lock = locks.get(Math.floorMod(id.hashCode(), LOCKS));
    lock.lock();
    try {
      work.run();
    } finally {
      lock.unlock();
    }
  }
}
