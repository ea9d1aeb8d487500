package dev.millrace.trainer.training;

import dev.millrace.trainer.dataset.Augmentation;

/** How a network is trained; the seed decides the order of the images and how each is varied. */
public record TrainingPlan(
    int epochs, int batchSize, long seed, LearningRate learningRate, Augmentation augmentation) {
  /** Refuses numbers no training has. */
  public TrainingPlan {
    requireValid(epochs, batchSize);
  }

  /** Refuses numbers no training has with an {@link IllegalArgumentException}. */
  public static void requireValid(int epochs, int batchSize) {
    require("epochs", epochs, 10_000);
    require("batchSize", batchSize, 4096);
  }

  private static void require(String name, int value, int maximum) {
    if (value < 1 || value > maximum) {
      throw new IllegalArgumentException(
          "'%s' is %d; expected 1 to %d".formatted(name, value, maximum));
    }
  }

  /** Steps of one epoch; the last may have fewer images. */
  int stepsPerEpoch(int images) {
    return (images + batchSize - 1) / batchSize;
  }
}
