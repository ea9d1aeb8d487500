package dev.millrace.trainer.retraining;

import dev.millrace.trainer.training.Progress;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a retraining at one moment; what is not known yet is null.
 *
 * @param activity what it does now or did last, for people
 * @param heldOutAccuracy of the last epoch, in the end of the exported model
 * @param version of the registered model
 * @param reason the gate's sentence
 * @param error why it failed
 */
public record RetrainingReport(
    String id,
    Recipe recipe,
    RetrainingState state,
    String activity,
    @Nullable Progress progress,
    @Nullable Double heldOutAccuracy,
    @Nullable String runId,
    @Nullable String version,
    @Nullable String reason,
    @Nullable String error,
    Instant startedAt,
    @Nullable Instant endedAt) {}
