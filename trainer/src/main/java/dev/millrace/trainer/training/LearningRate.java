package dev.millrace.trainer.training;

/**
 * The learning rate over a training: it climbs in a straight line, then falls along half a cosine
 * to 0.
 *
 * @param warmUpShare share of all steps in which it climbs
 */
public record LearningRate(double peak, double warmUpShare) {
  /** Refuses rates that cannot learn. */
  public LearningRate {
    if (!(peak > 0 && peak <= 1)) {
      throw new IllegalArgumentException(
          "'learningRate.peak' is %s; expected more than 0, at most 1".formatted(peak));
    }
    if (!(warmUpShare >= 0 && warmUpShare <= 1)) {
      throw new IllegalArgumentException(
          "'learningRate.warmUpShare' is %s; expected 0 to 1".formatted(warmUpShare));
    }
  }

  /** The rate of one step, counted from 0. */
  public double at(int step, int steps) {
    double warmUp = warmUpShare * steps;
    if (step < warmUp) {
      return peak * (step + 1) / (warmUp + 1);
    }
    double done = (step - warmUp) / Math.max(1, steps - warmUp);
    return peak * (1 + Math.cos(Math.PI * Math.min(1, done))) / 2;
  }
}
