package dev.millrace.serving.api.json;

import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** A collector for each input of a model. */
public final class InputCollectors {
  private final List<TensorCollector> collectors;

  /** With no values yet. */
  public InputCollectors(Signature signature, RequestTensors memory, Missing missing) {
    collectors =
        signature.inputs().stream()
            .map(spec -> new TensorCollector(spec, memory, missing))
            .toList();
  }

  /** In the order of the signature. */
  public List<TensorCollector> all() {
    return collectors;
  }

  /** The collector of the only input; where there are several, the client has to name them. */
  public TensorCollector only() {
    if (collectors.size() != 1) {
      throw new UnfitValueException(
          "the model has the inputs %s: send an object with a value for each".formatted(names()));
    }
    return collectors.getFirst();
  }

  /** Whether objects are bytes for the only input, rather than values for named ones. */
  boolean takeBase64Only() {
    return collectors.size() == 1
        && collectors.getFirst().takesBase64()
        && !collectors.getFirst().spec().name().equals(Elements.BASE64);
  }

  /** The collector of the input with this name. */
  public TensorCollector named(String name) {
    for (var collector : collectors) {
      if (collector.spec().name().equals(name)) {
        return collector;
      }
    }
    throw new UnfitValueException(
        "the model has no input '%s'; it has %s".formatted(Tokens.shortened(name), names()));
  }

  /** Throws where an input has fewer values than this, or more. */
  public void requireValues(long count) {
    for (var collector : collectors) {
      if (collector.values() != count) {
        throw new UnfitValueException(
            collector.values() > count
                ? "input '%s' is there twice".formatted(collector.spec().name())
                : "there is no value for input '%s'; send one for each of %s"
                    .formatted(collector.spec().name(), names()));
      }
    }
  }

  /** Each input's one value as a tensor. */
  List<Tensor> whole() {
    return collectors.stream().map(TensorCollector::whole).toList();
  }

  /** Each input's values as rows. */
  List<Tensor> rows() {
    return collectors.stream().map(TensorCollector::rows).toList();
  }

  /** Each input's values as rows in the shape that the model declares, where they have as many. */
  public List<Tensor> rowsAsDeclared() {
    return collectors.stream().map(TensorCollector::rowsAsDeclared).toList();
  }

  /** For people. */
  public String names() {
    var names = new ArrayList<String>();
    collectors.forEach(collector -> names.add(collector.spec().name()));
    return names.toString();
  }
}
