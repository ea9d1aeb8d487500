package dev.millrace.serving.inference;

import dev.millrace.serving.lifecycle.ModelLease;
import dev.millrace.serving.scheduling.Outcome;
import dev.millrace.serving.scheduling.ScheduledRequest;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Tensor;
import dev.millrace.serving.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.List;

/**
 * Checks a request against the signature of the version that will answer it, and puts it in the
 * order of the signature. A request that is fine costs comparisons and, where its inputs come in
 * order, no allocation but the result.
 */
final class RequestCheck {
  private RequestCheck() {}

  /** Throws {@link dev.millrace.serving.failure.InferenceException} with Invalid. */
  static ScheduledRequest scheduled(InferenceRequest request, ModelLease lease, Outcome outcome) {
    var specs = lease.signature().inputs();
    var inputs = inOrder(request, specs);
    for (int i = 0; i < specs.size(); i++) {
      require(inputs.get(i), specs.get(i), request);
    }
    return new ScheduledRequest(
        inputs,
        rows(inputs, lease),
        outputIndexes(request, lease.signature().outputs()),
        request.deadlineNanos(),
        request.priority(),
        outcome,
        request.sequence(),
        request.cacheUse());
  }

  private static List<Tensor> inOrder(InferenceRequest request, List<TensorSpec> specs) {
    var inputs = request.inputs();
    if (isInOrder(inputs, specs)) {
      return inputs;
    }
    Refusals.requireSameNames(request, specs);
    var ordered = new ArrayList<Tensor>(specs.size());
    for (var spec : specs) {
      ordered.add(inputs.get(indexOf(spec.name(), inputs)));
    }
    return ordered;
  }

  private static boolean isInOrder(List<Tensor> inputs, List<TensorSpec> specs) {
    if (inputs.size() != specs.size()) {
      return false;
    }
    for (int i = 0; i < inputs.size(); i++) {
      if (!inputs.get(i).name().equals(specs.get(i).name())) {
        return false;
      }
    }
    return true;
  }

  private static int indexOf(String name, List<Tensor> inputs) {
    int index = 0;
    while (!inputs.get(index).name().equals(name)) {
      index++;
    }
    return index;
  }

  private static void require(Tensor input, TensorSpec spec, InferenceRequest request) {
    if (input.type() != spec.type()) {
      throw Refusals.datatype(input, spec, request);
    }
    if (!isConcrete(input.shape()) || !spec.shape().accepts(input.shape())) {
      throw Refusals.shape(input, spec, request);
    }
    if (input.type() == DataType.BYTES) {
      TextCheck.require(input, request);
    } else if (byteSize(input) != input.data().remaining()) {
      throw Refusals.byteSize(input, byteSize(input), request);
    }
  }

  private static boolean isConcrete(Shape shape) {
    for (int i = 0; i < shape.rank(); i++) {
      if (shape.dimension(i) < 0) {
        return false;
      }
    }
    return true;
  }

  /** In 64 bits; -1, which no buffer has, when it does not fit. */
  private static long byteSize(Tensor input) {
    long bytes = input.type().sizeBytes();
    var shape = input.shape();
    for (int i = 0; i < shape.rank(); i++) {
      if (shape.dimension(i) == 0) {
        return 0;
      }
      if (bytes > Long.MAX_VALUE / shape.dimension(i)) {
        return -1;
      }
      bytes *= shape.dimension(i);
    }
    return bytes;
  }

  private static int rows(List<Tensor> inputs, ModelLease lease) {
    if (!lease.batchable()) {
      return 1;
    }
    long rows = inputs.getFirst().shape().dimension(0);
    for (int i = 1; i < inputs.size(); i++) {
      if (inputs.get(i).shape().dimension(0) != rows) {
        throw Refusals.rows(inputs.get(i), inputs.getFirst(), lease.model());
      }
    }
    if (rows > lease.mostRows()) {
      throw Refusals.tooManyRows(rows, lease.mostRows(), lease.model());
    }
    // Rows without elements take no memory that would bound them; the queue does.
    return (int) Math.min(rows, Integer.MAX_VALUE);
  }

  /** Empty for all of them in the order of the signature. */
  private static List<Integer> outputIndexes(InferenceRequest request, List<TensorSpec> specs) {
    var names = request.outputs();
    if (names.isEmpty()) {
      return List.of();
    }
    var indexes = new ArrayList<Integer>(names.size());
    for (var name : names) {
      int index = specs.size() - 1;
      while (index >= 0 && !specs.get(index).name().equals(name)) {
        index--;
      }
      if (index < 0) {
        throw Refusals.unknownOutput(name, specs, request);
      }
      if (indexes.contains(index)) {
        throw Refusals.repeatedOutput(name, request);
      }
      indexes.add(index);
    }
    return indexes;
  }
}
