package dev.millrace.serving.modelconfig;

import dev.millrace.serving.runtime.ModelLoadException;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.tensor.TensorSpec;
import java.util.HashSet;
import java.util.List;
import java.util.TreeSet;

/** Compares a configuration with the model's file; the texts are those of Triton's back end. */
final class SignatureChecks {
  private final String model;
  private final Signature file;

  SignatureChecks(String model, Signature file) {
    this.model = model;
    this.file = file;
  }

  ModelLoadException notBatchable() {
    return refusal(
        "autofill failed for model '%s': model does not support batching while non-zero max_batch_size is specified. Its inputs are %s and its outputs %s; remove max_batch_size, or export the model with an open first dimension."
            .formatted(model, shapes(file.inputs()), shapes(file.outputs())));
  }

  /** Each is one of the file's, and named once; of inputs, all are named. */
  void requireNames(
      String side, List<DeclaredTensor> declared, List<TensorSpec> own, boolean wantsAll) {
    if (wantsAll && declared.size() != own.size()) {
      throw refusal(
          "unable to load model '%s', configuration expects %d inputs, model provides %d. They are %s."
              .formatted(model, declared.size(), own.size(), shapes(own)));
    }
    var seen = new HashSet<String>();
    for (var tensor : declared) {
      if (indexOf(tensor.name(), own) < 0) {
        throw refusal(
            "unexpected inference %s '%s', allowed %ss are: %s"
                .formatted(side, tensor.name(), side, String.join(", ", names(own))));
      }
      if (!seen.add(tensor.name())) {
        throw refusal(
            "unable to load model '%s', the configuration has the %s '%s' twice. Remove one."
                .formatted(model, side, tensor.name()));
      }
    }
  }

  void requireType(String side, DeclaredTensor tensor, TensorSpec own) {
    if (tensor.type() != DataTypes.configured(own.type())) {
      throw refusal(
          "unable to load model '%s', configuration expects datatype %s for %s '%s', model provides %s"
              .formatted(
                  model, tensor.type(), side, tensor.name(), DataTypes.configured(own.type())));
    }
  }

  /**
   * The declared shape on the file's side, the rows included.
   *
   * @param exact whether open dimensions of the file have to be declared open, as of outputs
   */
  Shape inside(DeclaredTensor tensor, TensorSpec own, boolean batching, boolean exact) {
    if (own.shape().rank() == 0 && !batching) {
      return scalar(tensor, own);
    }
    if (batching && (own.shape().rank() == 0 || own.shape().dimension(0) != Shape.ANY)) {
      throw refusal(
          "model '%s', tensor '%s': for the model to support batching the shape should have at least 1 dimension and the first dimension must be -1; but shape expected by the model is %s. Set max_batch_size to 0, and give all dimensions in dims."
              .formatted(model, tensor.name(), compact(own.shape())));
    }
    var inside = SignaturePlan.withRows(tensor.inside(), batching);
    if (!fits(inside, own.shape(), exact)) {
      throw otherShape(tensor, own, inside, batching);
    }
    return inside;
  }

  /** A scalar is declared as one element. */
  private Shape scalar(DeclaredTensor tensor, TensorSpec own) {
    for (long dimension : tensor.inside().toArray()) {
      if (dimension != 1) {
        throw refusal(
            "unable to load model '%s', scalar tensor '%s', should only provide 1 in the model configuration when the model doesn't support batching. Model configuration provided: %s."
                .formatted(model, tensor.name(), compact(tensor.inside())));
      }
    }
    return own.shape();
  }

  private static boolean fits(Shape declared, Shape own, boolean exact) {
    boolean fits = declared.rank() == own.rank();
    for (int i = 0; fits && i < own.rank(); i++) {
      boolean any = own.dimension(i) == Shape.ANY && !exact;
      fits = any || own.dimension(i) == declared.dimension(i);
    }
    return fits;
  }

  private ModelLoadException otherShape(
      DeclaredTensor tensor, TensorSpec own, Shape declared, boolean batching) {
    var form =
        batching
            ? " dimensions (an initial batch dimension because max_batch_size > 0 followed by the explicit tensor shape, making complete shape %s)"
            : " dimensions (shape %s)";
    return refusal(
        "model '%s', tensor '%s': the model expects %d dimensions (shape %s) but the model configuration specifies %d"
                .formatted(
                    model, tensor.name(), own.shape().rank(), compact(own.shape()), declared.rank())
            + form.formatted(compact(declared)));
  }

  /** -1 where there is none. */
  static int indexOf(String name, List<TensorSpec> specs) {
    int index = specs.size() - 1;
    while (index >= 0 && !specs.get(index).name().equals(name)) {
      index--;
    }
    return index;
  }

  private static List<String> names(List<TensorSpec> specs) {
    return List.copyOf(new TreeSet<>(specs.stream().map(TensorSpec::name).toList()));
  }

  private static List<String> shapes(List<TensorSpec> specs) {
    return specs.stream().map(spec -> spec.name() + " " + compact(spec.shape())).toList();
  }

  private static String compact(Shape shape) {
    return shape.toString().replace(" ", "");
  }

  private static ModelLoadException refusal(String message) {
    return new ModelLoadException(message, null);
  }
}
