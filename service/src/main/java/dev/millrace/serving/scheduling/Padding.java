package dev.millrace.serving.scheduling;

import dev.millrace.serving.runtime.ModelLoadException;
import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.tensor.Tensor;
import dev.millrace.serving.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the requests of one model are padded to share a run, and how its outputs are cut back. An
 * open dimension of an input becomes as large as in the largest request of the batch; the rest is
 * filled at the end. Thread-safe.
 */
final class Padding {
  private final Signature signature;
  private final List<PaddedInput> inputs;

  /** By index in the signature; absent where an input is not padded. */
  private final @Nullable PaddedInput[] byIndex;

  private final PaddedOutputs outputs;

  private volatile boolean stopped;

  private Padding(Signature signature, List<PaddedInput> inputs, PaddedOutputs outputs) {
    this.signature = signature;
    this.inputs = inputs;
    this.outputs = outputs;
    byIndex = new PaddedInput[signature.inputs().size()];
    for (var input : inputs) {
      byIndex[input.index()] = input;
    }
  }

  /**
   * What the settings mean for a model.
   *
   * @return null where nothing is padded
   * @throws ModelLoadException when the model has no such input or output, or it cannot be padded
   */
  static @Nullable Padding of(PaddingSettings settings, Signature signature) {
    if (settings.values().isEmpty()) {
      return null;
    }
    for (var name : settings.values().keySet()) {
      if (signature.input(name).isEmpty()) {
        throw new ModelLoadException(
            "padding names the input '%s'; the model has %s. Name one of them."
                .formatted(name, names(signature.inputs())),
            null);
      }
    }
    var inputs = new ArrayList<PaddedInput>();
    for (int i = 0; i < signature.inputs().size(); i++) {
      var spec = signature.inputs().get(i);
      var value = settings.values().get(spec.name());
      if (value != null) {
        inputs.add(PaddedInput.of(spec, i, value));
      }
    }
    var outputs = PaddedOutputs.of(settings.outputs(), signature, inputs);
    return new Padding(signature, inputs, outputs);
  }

  static List<String> names(List<TensorSpec> specs) {
    return specs.stream().map(TensorSpec::name).toList();
  }

  List<PaddedInput> inputs() {
    return inputs;
  }

  /** The input with this index in the signature, if it may be padded. */
  @Nullable PaddedInput input(int index) {
    return byIndex[index];
  }

  /** Whether any input, padded or not, leaves this dimension beyond the rows open. */
  boolean isOpen(int index, int dimension) {
    return PaddedInput.isOpen(signature.inputs().get(index).shape(), dimension);
  }

  /** Whether the parts of a batch differ in what may be padded. */
  boolean isNeeded(List<Part> parts) {
    for (int i = 0; i < inputs.size() && parts.size() > 1; i++) {
      var first = inputs.get(i).shape(parts.getFirst());
      for (int p = 1; p < parts.size(); p++) {
        if (!inputs.get(i).shape(parts.get(p)).sameBeyondRows(first)) {
          return true;
        }
      }
    }
    return false;
  }

  /** Whether the outputs that are cut back are as long as the padded inputs. */
  boolean accountsFor(List<Tensor> all, List<Part> parts) {
    return !isNeeded(parts) || outputs.areAsLongAs(all, parts);
  }

  /** Cuts the views of each part back to its own length. */
  void cutBack(List<Tensor>[] views, List<Part> parts) {
    for (int i = 0; i < views.length; i++) {
      views[i] = outputs.cutBack(views[i], parts.get(i));
    }
  }

  /** From now on only equal shapes share a batch. */
  void stop() {
    stopped = true;
  }

  boolean isStopped() {
    return stopped;
  }
}
