package dev.millrace.trainer.api;

import dev.millrace.trainer.retraining.RetrainingReport;
import dev.millrace.trainer.retraining.RetrainingState;
import dev.millrace.trainer.training.Progress;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A retraining as JSON; docs/training.md explains the fields. What is not known yet is null.
 *
 * @param accuracy of the running epoch on its varied training images
 * @param heldOutAccuracy of the last epoch, in the end of the exported model
 */
record RetrainingAnswer(
    String id,
    String recipe,
    RetrainingState state,
    String activity,
    @Nullable Integer epoch,
    int epochs,
    @Nullable Integer step,
    @Nullable Integer steps,
    @Nullable Double loss,
    @Nullable Double accuracy,
    @Nullable Double heldOutAccuracy,
    @Nullable Long secondsLeft,
    @Nullable String runId,
    @Nullable String version,
    @Nullable String verdict,
    @Nullable String reason,
    @Nullable String error,
    String startedAt,
    @Nullable String endedAt) {
  static RetrainingAnswer of(RetrainingReport report) {
    var progress = Optional.ofNullable(report.progress());
    return new RetrainingAnswer(
        report.id(),
        report.recipe().name(),
        report.state(),
        report.activity(),
        progress.map(Progress::epoch).orElse(null),
        report.recipe().epochs(),
        progress.map(Progress::step).orElse(null),
        progress.map(Progress::steps).orElse(null),
        progress.map(Progress::loss).orElse(null),
        progress.map(Progress::accuracy).orElse(null),
        report.heldOutAccuracy(),
        progress.map(Progress::secondsLeft).orElse(null),
        report.runId(),
        report.version(),
        verdict(report.state()),
        report.reason(),
        report.error(),
        report.startedAt().toString(),
        report.endedAt() == null ? null : report.endedAt().toString());
  }

  private static @Nullable String verdict(RetrainingState state) {
    return switch (state) {
      case PROMOTED -> "promoted";
      case REJECTED -> "rejected";
      case QUEUED, RUNNING, FAILED, CANCELLED -> null;
    };
  }
}
