package dev.millrace.trainer.training;

import java.util.Locale;

/**
 * Where a training is.
 *
 * @param epoch the running one, from 1
 * @param step steps done, over all epochs
 * @param loss mean of this epoch so far
 * @param accuracy share of this epoch's varied training images that were recognised
 * @param secondsLeft at the pace so far
 */
public record Progress(
    int epoch, int epochs, int step, int steps, double loss, double accuracy, long secondsLeft) {
  /** One line for people. */
  public String line() {
    return String.format(
        Locale.ROOT,
        "epoch %d/%d  step %d/%d  loss %.4f  accuracy %.2f %%  %d s left",
        epoch,
        epochs,
        step,
        steps,
        loss,
        accuracy * 100,
        secondsLeft);
  }
}
