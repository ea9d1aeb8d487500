package dev.millrace.serving.repository;

import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import org.jspecify.annotations.Nullable;

/**
 * One version of a model that a directory offers.
 *
 * @param folder holds its files
 * @param fingerprint changes with any of them
 * @param newest when one of them was last changed
 * @param bytes of all of them
 * @param problem why it cannot be read; null where it can
 */
record FoundVersion(
    String version,
    Path folder,
    String fingerprint,
    FileTime newest,
    long bytes,
    @Nullable String problem) {

  /** One that is there and cannot be read. */
  static FoundVersion refused(String version, Path folder, String problem) {
    return new FoundVersion(version, folder, problem, FileTime.fromMillis(0), 0, problem);
  }
}
