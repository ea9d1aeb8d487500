package dev.millrace.protocol.packaging;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The file {@code SHA256SUMS}: the digest of every other file, in the form of {@code sha256sum}.
 */
final class Sha256Sums {
  static final String FILE = "SHA256SUMS";

  private static final long MAXIMUM_BYTES = 1 << 20;
  private static final Pattern LINE = Pattern.compile("([0-9a-f]{64}) [ *](.+)");
  private static final String WAY_OUT = "Fetch the package again, or publish the model again.";

  private final Path folder;
  private final SortedMap<String, String> digests;

  private Sha256Sums(Path folder, SortedMap<String, String> digests) {
    this.folder = folder;
    this.digests = digests;
  }

  static Sha256Sums read(Path folder) throws IOException {
    var file = PackagePath.regularFile(folder, FILE, LinkOption.NOFOLLOW_LINKS);
    PackageJson.requireSize(file, MAXIMUM_BYTES);
    var digests = new TreeMap<String, String>();
    for (var line : Files.readAllLines(file)) {
      add(file, line, digests);
    }
    return new Sha256Sums(folder, digests);
  }

  private static void add(Path file, String line, Map<String, String> digests) {
    var matcher = LINE.matcher(line);
    if (!matcher.matches()) {
      throw PackageException.of(
          file, "lines of '<64 hexadecimal digits>  <path>'", "'" + line + "'", WAY_OUT);
    }
    try {
      PackagePath.requireRelative(matcher.group(2));
    } catch (IllegalArgumentException e) {
      throw PackageException.of(
          file, "paths below the package", String.valueOf(e.getMessage()), WAY_OUT);
    }
    digests.put(matcher.group(2), matcher.group(1));
  }

  /** Writes the digests of all files that are in the folder now. */
  static void write(Path folder) throws IOException {
    var lines = new TreeMap<String, String>();
    for (var file : filesBelow(folder)) {
      lines.put(relative(folder, file), Sha256.of(file));
    }
    lines.remove(FILE);
    Files.writeString(
        folder.resolve(FILE),
        lines.entrySet().stream()
            .map(entry -> entry.getValue() + "  " + entry.getKey() + "\n")
            .collect(Collectors.joining()));
  }

  void verify() throws IOException {
    requireOnlyListedFiles();
    for (var entry : digests.entrySet()) {
      var file = PackagePath.regularFile(folder, entry.getKey(), LinkOption.NOFOLLOW_LINKS);
      requireDigest(file, entry.getValue());
    }
  }

  static void requireDigest(Path file, String expected) throws IOException {
    var found = Sha256.of(file);
    if (!found.equals(expected)) {
      throw PackageException.of(file, "SHA-256 " + expected, found, WAY_OUT);
    }
  }

  private void requireOnlyListedFiles() throws IOException {
    for (var file : filesBelow(folder)) {
      if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
        throw PackageException.of(file, "a regular file", PackagePath.kindOf(file), WAY_OUT);
      }
      var path = relative(folder, file);
      if (!digests.containsKey(path) && !path.equals(FILE)) {
        throw PackageException.of(
            file, "only files that " + FILE + " lists", "one it does not list", WAY_OUT);
      }
    }
  }

  private static List<Path> filesBelow(Path folder) throws IOException {
    try (var files = Files.walk(folder)) {
      return files.filter(file -> !Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)).toList();
    }
  }

  private static String relative(Path folder, Path file) {
    return folder.relativize(file).toString().replace('\\', '/');
  }
}
