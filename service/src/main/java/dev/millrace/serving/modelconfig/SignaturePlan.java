package dev.millrace.serving.modelconfig;

import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.List;

/**
 * How what is declared lies over what the model's file has.
 *
 * @param inputs in the order that clients see, all of the file's
 * @param outputs in the order that clients see, some of the file's
 */
record SignaturePlan(
    Signature signature,
    List<TensorPlan> inputs,
    List<TensorPlan> outputs,
    boolean keepsInputs,
    boolean keepsOutputs) {
  /** Throws {@link dev.millrace.serving.runtime.ModelLoadException} where they do not fit. */
  static SignaturePlan of(String model, Signature file, DeclaredConfig declared) {
    var checks = new SignatureChecks(model, file);
    boolean batching = isBatching(checks, file, declared);
    var inputs =
        plans(
            SequenceTensors.inputs(declared.message()),
            file.inputs(),
            new Side("input", batching, true),
            checks);
    var outputs =
        plans(
            SequenceTensors.outputs(declared.message()),
            file.outputs(),
            new Side("output", batching, false),
            checks);
    var signature = new Signature(served(inputs), served(outputs), batching);
    return new SignaturePlan(
        signature,
        inputs,
        outputs,
        keeps(inputs, file.inputs().size()),
        keeps(outputs, file.outputs().size()));
  }

  private record Side(String name, boolean batching, boolean isInput) {}

  private static boolean isBatching(
      SignatureChecks checks, Signature file, DeclaredConfig declared) {
    if (declared.forbidsBatching()) {
      return false;
    }
    if (declared.message().getMaxBatchSize() == 0) {
      return file.batchable();
    }
    if (!declared.declaresTensors() && !file.batchable()) {
      throw checks.notBatchable();
    }
    return true;
  }

  private static List<TensorPlan> plans(
      List<DeclaredTensor> declared, List<TensorSpec> file, Side side, SignatureChecks checks) {
    if (declared.isEmpty()) {
      return asInFile(file);
    }
    checks.requireNames(side.name(), declared, file, side.isInput());
    var plans = new ArrayList<TensorPlan>();
    for (var tensor : declared) {
      plans.add(plan(tensor, file, side, checks));
    }
    return plans;
  }

  private static List<TensorPlan> asInFile(List<TensorSpec> file) {
    var plans = new ArrayList<TensorPlan>();
    for (int i = 0; i < file.size(); i++) {
      plans.add(new TensorPlan(file.get(i), i, null));
    }
    return plans;
  }

  private static TensorPlan plan(
      DeclaredTensor tensor, List<TensorSpec> file, Side side, SignatureChecks checks) {
    int index = SignatureChecks.indexOf(tensor.name(), file);
    var own = file.get(index);
    checks.requireType(side.name(), tensor, own);
    var inside = checks.inside(tensor, own, side.batching(), !side.isInput());
    var outside = withRows(tensor.dims(), side.batching());
    var spec = new TensorSpec(tensor.name(), own.type(), outside);
    if (inside.equals(outside)) {
      return new TensorPlan(spec, index, null);
    }
    var reshape = side.isInput() ? new Reshape(outside, inside) : new Reshape(inside, outside);
    return new TensorPlan(spec, index, reshape);
  }

  /** The shape with open rows before it, where there are rows. */
  static Shape withRows(Shape dims, boolean batching) {
    if (!batching) {
      return dims;
    }
    var shape = new long[dims.rank() + 1];
    shape[0] = Shape.ANY;
    System.arraycopy(dims.toArray(), 0, shape, 1, dims.rank());
    return Shape.of(shape);
  }

  private static List<TensorSpec> served(List<TensorPlan> plans) {
    return plans.stream().map(TensorPlan::served).toList();
  }

  private static boolean keeps(List<TensorPlan> plans, int count) {
    boolean keeps = plans.size() == count;
    for (int i = 0; i < plans.size(); i++) {
      keeps = keeps && plans.get(i).index() == i && plans.get(i).reshape() == null;
    }
    return keeps;
  }
}
