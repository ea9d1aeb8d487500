package dev.millrace.serving.modelconfig;

import dev.millrace.serving.runtime.BoundBatch;
import dev.millrace.serving.runtime.ExecutableModel;
import dev.millrace.serving.runtime.RunOutputs;
import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A model as its configuration declares it: other shapes, an order, some of its outputs. */
public final class ConfiguredModel implements ExecutableModel {
  private final ExecutableModel model;
  private final SignaturePlan plan;

  private ConfiguredModel(ExecutableModel model, SignaturePlan plan) {
    this.model = model;
    this.plan = plan;
  }

  /**
   * The model seen through its configuration, and itself where there is none. Closing it closes the
   * model.
   *
   * @throws dev.millrace.serving.runtime.ModelLoadException where they contradict each other, in
   *     Triton's words; the model is still open then
   */
  public static ExecutableModel of(
      String name, ExecutableModel model, @Nullable DeclaredConfig declared) {
    return declared == null
        ? model
        : new ConfiguredModel(model, SignaturePlan.of(name, model.signature(), declared));
  }

  @Override
  public Signature signature() {
    return plan.signature();
  }

  @Override
  public String device() {
    return model.device();
  }

  @Override
  public BoundBatch bind(List<Tensor> inputs) {
    var bound = model.bind(inside(inputs));
    return plan.keepsOutputs() ? bound : new ConfiguredBatch(bound);
  }

  @Override
  public void close() {
    model.close();
  }

  private List<Tensor> inside(List<Tensor> inputs) {
    if (plan.keepsInputs()) {
      return inputs;
    }
    var inside = new Tensor[inputs.size()];
    for (int i = 0; i < inside.length; i++) {
      var planned = plan.inputs().get(i);
      inside[planned.index()] = planned.applied(inputs.get(i));
    }
    return List.of(inside);
  }

  private List<Tensor> outside(List<Tensor> outputs) {
    var outside = new ArrayList<Tensor>(plan.outputs().size());
    for (var planned : plan.outputs()) {
      outside.add(planned.applied(outputs.get(planned.index())));
    }
    return outside;
  }

  private final class ConfiguredBatch implements BoundBatch {
    private final BoundBatch bound;

    ConfiguredBatch(BoundBatch bound) {
      this.bound = bound;
    }

    @Override
    public RunOutputs run() {
      var outputs = bound.run();
      try {
        return new ConfiguredOutputs(outputs, outside(outputs.tensors()));
      } catch (RuntimeException | Error e) {
        outputs.close();
        throw e;
      }
    }

    @Override
    public void close() {
      bound.close();
    }
  }

  private record ConfiguredOutputs(RunOutputs outputs, List<Tensor> tensors) implements RunOutputs {
    @Override
    public void close() {
      outputs.close();
    }
  }
}
