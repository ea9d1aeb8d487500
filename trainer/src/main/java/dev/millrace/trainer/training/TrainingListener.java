package dev.millrace.trainer.training;

/** Follows a training. Both methods are called on the training's thread, which waits for them. */
public interface TrainingListener {
  /** After each step. */
  void onStep(Progress progress);

  /** After each epoch. */
  void onEpoch(EpochResult result);
}
