package dev.millrace.trainer.retraining;

import dev.millrace.trainer.training.EpochResult;
import dev.millrace.trainer.training.Progress;

/** Where progress is told to people; called on the retraining's thread. */
public interface ProgressLine {
  /** After each step. */
  void step(Progress progress);

  /** After each epoch. */
  void epoch(Progress progress, EpochResult result);

  /** What begins now, such as "exporting". */
  void activity(String activity);
}
