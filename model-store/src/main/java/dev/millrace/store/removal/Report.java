package dev.millrace.store.removal;

import java.util.List;

/**
 * What a removal did, or would do.
 *
 * @param skipped what was left and why, at most {@link Tally#MAX_SKIPPED} of them
 * @param skippedCount all that were left
 */
record Report(
    long experiments,
    long runs,
    long loggedModels,
    long files,
    long bytes,
    List<Skipped> skipped,
    long skippedCount,
    boolean dryRun) {
  /** Something that was left. */
  record Skipped(String kind, String id, String reason) {}

  /** Copies the list. */
  Report {
    skipped = List.copyOf(skipped);
  }
}
