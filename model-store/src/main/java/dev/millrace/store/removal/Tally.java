package dev.millrace.store.removal;

import dev.millrace.store.artifact.Usage;
import dev.millrace.store.removal.Report.Skipped;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Counts while a removal goes on. Used by one thread. */
final class Tally {
  static final int MAX_SKIPPED = 1_000;

  private final boolean dryRun;
  private final Map<Kind, Long> counts = new EnumMap<>(Kind.class);
  private final List<Skipped> skipped = new ArrayList<>();
  private final Set<String> experiments = new HashSet<>();
  private long skippedCount;
  private Usage usage = Usage.NONE;

  private Tally(boolean dryRun) {
    this.dryRun = dryRun;
  }

  static Tally ofRemoval() {
    return new Tally(false);
  }

  static Tally ofDryRun() {
    return new Tally(true);
  }

  boolean isDryRun() {
    return dryRun;
  }

  /** Whether it goes with an experiment that was counted. */
  boolean covers(Candidate candidate) {
    return candidate.kind() != Kind.EXPERIMENT && experiments.contains(candidate.experimentId());
  }

  void add(Kind kind, String id, Usage files) {
    if (kind == Kind.EXPERIMENT) {
      experiments.add(id);
    }
    counts.merge(kind, 1L, Long::sum);
    usage = usage.plus(files);
  }

  /** Adds things whose files are counted with others. */
  void addAll(Kind kind, long count) {
    counts.merge(kind, count, Long::sum);
  }

  void skip(Kind kind, String id, String reason) {
    skippedCount++;
    if (skipped.size() < MAX_SKIPPED) {
      skipped.add(new Skipped(kind.label(), id, reason));
    }
  }

  Report report() {
    return new Report(
        counts.getOrDefault(Kind.EXPERIMENT, 0L),
        counts.getOrDefault(Kind.RUN, 0L),
        counts.getOrDefault(Kind.LOGGED_MODEL, 0L),
        usage.files(),
        usage.bytes(),
        skipped,
        skippedCount,
        dryRun);
  }
}
