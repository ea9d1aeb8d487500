package dev.millrace.trainer.retraining;

import dev.millrace.trainer.training.EpochResult;
import dev.millrace.trainer.training.Progress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Progress in the log: one line an epoch. */
public final class ProgressLog implements ProgressLine {
  private static final Logger log = LoggerFactory.getLogger(ProgressLog.class);

  @Override
  public void step(Progress progress) {
    // A line a step would be thousands; whoever wants that asks the API.
  }

  @Override
  public void epoch(Progress progress, EpochResult result) {
    log.info("Training: {}  held out {}", progress.line(), result.heldOutAccuracy());
  }

  @Override
  public void activity(String activity) {
    log.info("Retraining: {}", activity);
  }
}
