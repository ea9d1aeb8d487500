package dev.millrace.serving.repository;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How to serve a directory.
 *
 * @param root folders of models, or the files of one model
 * @param flatName the model's name where {@code root} is one model; null for the folder's name
 * @param pollInterval between two looks with {@link ControlMode#POLL}; also how long the files of a
 *     version must not change before they are taken
 * @param uploads where files are kept that loads bring along; null where they may not
 */
public record DirectorySettings(
    Path root,
    @Nullable String flatName,
    ControlMode control,
    Duration pollInterval,
    @Nullable Path uploads) {
  /** One that loads nothing but what the directory holds. */
  public DirectorySettings(
      Path root, @Nullable String flatName, ControlMode control, Duration pollInterval) {
    this(root, flatName, control, pollInterval, null);
  }
}
