package dev.millrace.serving.lifecycle;

import dev.millrace.serving.runtime.ModelLoadException;
import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.tensor.TensorSpec;
import java.util.Optional;

/** Refuses labels of which there are more or fewer than the model has classes. */
final class LabelCheck {
  private LabelCheck() {}

  static void require(ServablePackage files, Signature signature) {
    // Triton takes any number of labels that a configuration names.
    if (!files.labels().isEmpty()
        && (files.config() == null || files.config().labels().isEmpty())) {
      labelled(files, signature).ifPresent(output -> require(files.labels().size(), output));
    }
  }

  private static Optional<TensorSpec> labelled(ServablePackage files, Signature signature) {
    var image = files.image();
    if (image != null) {
      return signature.output(image.output());
    }
    return signature.outputs().size() == 1
        ? Optional.of(signature.outputs().getFirst())
        : Optional.empty();
  }

  private static void require(int labels, TensorSpec output) {
    var shape = output.shape();
    long classes = shape.rank() == 0 ? 1 : shape.dimension(shape.rank() - 1);
    // One number is a score or the number of a class; an open dimension is not known before a run.
    if (classes > 1 && classes != labels) {
      throw new ModelLoadException(
          "The model has %d classes in output '%s', but labels.txt names %d. Write one line for each class."
              .formatted(classes, output.name(), labels),
          null);
    }
  }
}
