package dev.millrace.trainer.retraining;

import dev.millrace.trainer.architecture.Architecture;
import dev.millrace.trainer.dataset.Augmentation;
import dev.millrace.trainer.evaluation.Gate;
import dev.millrace.trainer.training.LearningRate;
import dev.millrace.trainer.training.TrainingPlan;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * Everything that decides a training: data, architecture, plan and gate.
 *
 * @param model registered model, and experiment of the runs
 * @param dataset {@code mnist-digits} or a folder of IDX files
 * @param labels name of each class, in order
 * @param trainImages at most so many images are trained on
 */
public record Recipe(
    String name,
    String model,
    String dataset,
    String architecture,
    List<String> labels,
    int epochs,
    int batchSize,
    int trainImages,
    long seed,
    LearningRate learningRate,
    Augmentation augmentation,
    Gate gate) {
  private static final Pattern MODEL = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");

  /** Refuses names and numbers no training has with an {@link IllegalArgumentException}. */
  public Recipe {
    requireModelName(model);
    Architecture.requireKnown(architecture);
    Objects.requireNonNull(learningRate, "'learningRate' is missing");
    Objects.requireNonNull(augmentation, "'augmentation' is missing");
    Objects.requireNonNull(gate, "'gate' is missing");
    labels = List.copyOf(labels);
    if (trainImages < 1) {
      throw new IllegalArgumentException(
          "'trainImages' is %d; expected 1 or more".formatted(trainImages));
    }
    TrainingPlan.requireValid(epochs, batchSize);
  }

  private static void requireModelName(String model) {
    if (!MODEL.matcher(model).matches()) {
      throw new IllegalArgumentException(
          "'model' is '%s'; expected a name of the form %s".formatted(model, MODEL));
    }
  }

  TrainingPlan plan() {
    return new TrainingPlan(epochs, batchSize, seed, learningRate, augmentation);
  }
}
