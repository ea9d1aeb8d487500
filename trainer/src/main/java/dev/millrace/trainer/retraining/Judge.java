package dev.millrace.trainer.retraining;

import dev.millrace.protocol.packaging.ModelPackage;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.evaluation.EvaluationException;
import dev.millrace.trainer.evaluation.Gate;
import dev.millrace.trainer.evaluation.OnnxClassifier;
import dev.millrace.trainer.evaluation.Verdict;
import dev.millrace.trainer.tracking.ModelRegistry;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Measures champion and challenger on the same images, both from their packages. One thread. */
final class Judge {
  private final ModelRegistry registry;
  private final LabelledImages heldOut;
  private final Path folder;
  private Gate.@Nullable Champion measured;

  Judge(ModelRegistry registry, LabelledImages heldOut, Path folder) {
    this.registry = registry;
    this.heldOut = heldOut;
    this.folder = folder;
  }

  ModelRegistry registry() {
    return registry;
  }

  /**
   * Measures the champion of now, so that a champion that cannot be is known before anything is
   * registered.
   */
  void prepare() {
    champion();
  }

  /** Judges against the champion of this moment, which somebody may have moved since. */
  Verdict judge(Gate gate, double accuracy) {
    return gate.judge(accuracy, champion(), heldOut.count());
  }

  /** Share of the held-out images that a package gets right. */
  double accuracy(ModelPackage judged) {
    var image = judged.manifest().image();
    if (image == null || image.height() != heldOut.height() || image.width() != heldOut.width()) {
      throw new EvaluationException(
          "The package in %s takes no pictures of %d x %d, so it cannot be compared. Move the alias 'champion' to a version that does, or delete it."
              .formatted(judged.folder(), heldOut.height(), heldOut.width()));
    }
    try (var classifier =
        OnnxClassifier.open(
            judged.modelFile(), image.input(), image.output(), image.height(), image.width())) {
      return classifier.accuracy(heldOut);
    }
  }

  private Gate.@Nullable Champion champion() {
    var version = registry.champion().orElse(null);
    if (version == null) {
      return null;
    }
    if (measured == null || !measured.version().equals(version)) {
      var champion = registry.download(version, folder.resolve("champion-" + version));
      measured = new Gate.Champion(version, accuracy(champion));
    }
    return measured;
  }
}
