package dev.millrace.trainer.retraining;

import dev.millrace.trainer.tracking.RunLog;
import dev.millrace.trainer.training.EpochResult;
import dev.millrace.trainer.training.Progress;
import dev.millrace.trainer.training.TrainingListener;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Tells retraining, store and people how a training goes. */
final class TrainingReporter implements TrainingListener {
  private final Retraining retraining;
  private final RunLog run;
  private final ProgressLine line;
  private @Nullable Progress last;

  TrainingReporter(Retraining retraining, RunLog run, ProgressLine line) {
    this.retraining = retraining;
    this.run = run;
    this.line = line;
  }

  @Override
  public void onStep(Progress progress) {
    last = progress;
    retraining.progress(progress);
    line.step(progress);
  }

  @Override
  public void onEpoch(EpochResult result) {
    retraining.heldOutAccuracy(result.heldOutAccuracy());
    run.epoch(
        result.epoch(),
        Map.of(
            "train_loss", result.trainLoss(),
            "train_accuracy", result.trainAccuracy(),
            "heldout_accuracy", result.heldOutAccuracy(),
            "learning_rate", result.learningRate()));
    if (last != null) {
      line.epoch(last, result);
    }
  }
}
