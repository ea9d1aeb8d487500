package dev.millrace.serving.scheduling;

import dev.millrace.serving.runtime.ModelLoadException;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.tensor.Tensor;
import dev.millrace.serving.tensor.TensorSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The outputs that are as long as a padded input. Their open dimensions have the size of the same
 * dimension of the first input that is padded there. Thread-safe.
 */
final class PaddedOutputs {
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final List<TensorSpec> specs;
  private final List<PaddedInput> inputs;

  private PaddedOutputs(List<TensorSpec> specs, List<PaddedInput> inputs) {
    this.specs = specs;
    this.inputs = inputs;
  }

  static PaddedOutputs of(List<String> names, Signature signature, List<PaddedInput> inputs) {
    var specs = new ArrayList<TensorSpec>();
    for (var name : names) {
      var spec =
          signature
              .output(name)
              .orElseThrow(() -> unknown(name, Padding.names(signature.outputs())));
      specs.add(spec);
    }
    var outputs = new PaddedOutputs(List.copyOf(specs), inputs);
    specs.forEach(outputs::requireCut);
    return outputs;
  }

  private static ModelLoadException unknown(String name, List<String> known) {
    return new ModelLoadException(
        "padded-outputs names '%s'; the model has the outputs %s. Name one of them."
            .formatted(name, known),
        null);
  }

  private void requireCut(TensorSpec spec) {
    boolean cut = false;
    for (int i = 1; i < spec.shape().rank(); i++) {
      cut |= lengthOf(spec, i) != null;
    }
    if (!cut || spec.type() == DataType.BYTES) {
      throw new ModelLoadException(
          "padded-outputs names '%s' of type %s and shape %s; it must be of numbers, with a dimension open (-1) that is open in a padded input too. Leave it out."
              .formatted(spec.name(), spec.type(), spec.shape()),
          null);
    }
  }

  /** The input that says how long this dimension of an output is; null where it is not padded. */
  private @Nullable PaddedInput lengthOf(TensorSpec output, int dimension) {
    for (int i = 0; i < inputs.size() && output.shape().dimension(dimension) == Shape.ANY; i++) {
      if (inputs.get(i).isOpen(dimension)) {
        return inputs.get(i);
      }
    }
    return null;
  }

  private @Nullable TensorSpec spec(Tensor output) {
    for (int i = 0; i < specs.size(); i++) {
      if (specs.get(i).name().equals(output.name())) {
        return specs.get(i);
      }
    }
    return null;
  }

  boolean areAsLongAs(List<Tensor> outputs, List<Part> parts) {
    for (int i = 0; i < outputs.size(); i++) {
      var spec = spec(outputs.get(i));
      if (spec != null && !isAsLongAs(outputs.get(i).shape(), spec, parts)) {
        return false;
      }
    }
    return true;
  }

  private boolean isAsLongAs(Shape actual, TensorSpec spec, List<Part> parts) {
    if (actual.rank() != spec.shape().rank()) {
      return false;
    }
    for (int i = 1; i < actual.rank(); i++) {
      var input = lengthOf(spec, i);
      if (input != null && actual.dimension(i) != input.largest(parts, i)) {
        return false;
      }
    }
    return true;
  }

  /** The rows of one part, as long as if it had run alone. */
  List<Tensor> cutBack(List<Tensor> views, Part part) {
    var cut = new Tensor[views.size()];
    for (int i = 0; i < cut.length; i++) {
      var spec = spec(views.get(i));
      cut[i] =
          spec == null ? views.get(i) : cutBack(views.get(i), ownShape(spec, views.get(i), part));
    }
    return Arrays.asList(cut);
  }

  private Shape ownShape(TensorSpec spec, Tensor view, Part part) {
    var sizes = view.shape().toArray();
    for (int i = 1; i < sizes.length; i++) {
      var input = lengthOf(spec, i);
      sizes[i] = input == null ? sizes[i] : input.shape(part).dimension(i);
    }
    return Shape.of(sizes);
  }

  private static Tensor cutBack(Tensor view, Shape own) {
    var corner = new Corner(view.shape(), own, view.type().sizeBytes(), NOTHING);
    var source = view.data();
    ByteBuffer data;
    if (corner.isBeginning()) {
      data = source.slice(source.position(), corner.targetBytes());
    } else {
      data = ByteBuffer.allocateDirect(corner.targetBytes());
      corner.copy(source, source.position(), data, 0);
    }
    return new Tensor(view.name(), view.type(), own, data.order(ByteOrder.LITTLE_ENDIAN));
  }
}
