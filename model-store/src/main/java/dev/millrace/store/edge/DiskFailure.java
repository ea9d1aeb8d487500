package dev.millrace.store.edge;

import dev.millrace.store.failure.ErrorCode;
import dev.millrace.store.failure.StoreException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Tells what an operator can put right from what is a fault of the store. */
final class DiskFailure {
  private static final List<String> FULL =
      List.of("No space left on device", "Disk quota exceeded");
  private static final Set<String> READS = Set.of("GET", "HEAD");

  private DiskFailure() {}

  /** The refusal of a request of this method that says so; empty when the failure is another. */
  static Optional<StoreException> refusal(Exception failure, String method) {
    var cause = failure instanceof UncheckedIOException unchecked ? unchecked.getCause() : failure;
    if (!(cause instanceof IOException)) {
      return Optional.empty();
    }
    var text = String.valueOf(cause.getMessage());
    if (FULL.stream().anyMatch(text::contains)) {
      return Optional.of(
          new StoreException(
              ErrorCode.RESOURCE_LIMIT_EXCEEDED,
              "The disk of the store is full; nothing was stored. Delete what is not needed"
                  + " (./millrace gc), or give it more room, and send it again."));
    }
    if (READS.contains(method)) {
      return unreadable(cause);
    }
    if (cause instanceof AccessDeniedException || text.contains("Read-only file system")) {
      return Optional.of(
          new StoreException(
              ErrorCode.TEMPORARILY_UNAVAILABLE,
              "The store cannot write its artifacts (%s); nothing was stored. Give it write access to MILLRACE_HOME, and send it again."
                  .formatted(reason(cause))));
    }
    if (cause instanceof FileSystemException file && file.getReason() != null) {
      return Optional.of(
          new StoreException(
              ErrorCode.INTERNAL_ERROR,
              "The store cannot use its artifacts (%s); nothing was stored. Look at the folder below MILLRACE_HOME that its log names."
                  .formatted(file.getReason())));
    }
    return Optional.empty();
  }

  /** No matter of rights to write, and nothing that another try would change. */
  private static Optional<StoreException> unreadable(Throwable cause) {
    if (!(cause instanceof FileSystemException file)
        || (file.getReason() == null && !(file instanceof AccessDeniedException))) {
      return Optional.empty();
    }
    return Optional.of(
        new StoreException(
            ErrorCode.INTERNAL_ERROR,
            "The store cannot read its artifacts (%s). Give it read access to MILLRACE_HOME, or look at the file that its log names."
                .formatted(reason(file))));
  }

  private static String reason(Throwable cause) {
    if (cause instanceof FileSystemException file && file.getReason() != null) {
      return file.getReason();
    }
    return cause instanceof AccessDeniedException ? "permission denied" : "read-only file system";
  }
}
