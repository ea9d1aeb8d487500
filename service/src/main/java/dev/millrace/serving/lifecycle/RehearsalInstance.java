package dev.millrace.serving.lifecycle;

import dev.millrace.serving.runtime.BoundBatch;
import dev.millrace.serving.runtime.ExecutableModel;
import dev.millrace.serving.runtime.RunOutputs;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.tensor.Tensor;
import dev.millrace.serving.tensor.TensorSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** Answers any rows with zeros, at once. Its memory never changes, so all runs share it. */
final class RehearsalInstance implements ExecutableModel {
  private static final int CLASSES = 10;
  private static final Signature SIGNATURE =
      new Signature(
          List.of(
              new TensorSpec("image", DataType.FP32, Shape.of(Shape.ANY, RehearsalModel.VALUES))),
          List.of(new TensorSpec("probabilities", DataType.FP32, Shape.of(Shape.ANY, CLASSES))));

  private final ByteBuffer zeros;

  RehearsalInstance(int maxRows) {
    zeros = ByteBuffer.allocateDirect(maxRows * CLASSES * Float.BYTES);
  }

  @Override
  public Signature signature() {
    return SIGNATURE;
  }

  @Override
  public String device() {
    return "cpu";
  }

  @Override
  public BoundBatch bind(List<Tensor> inputs) {
    int rows = Math.toIntExact(inputs.getFirst().shape().dimension(0));
    var data = zeros.slice(0, rows * CLASSES * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    var output = new Tensor("probabilities", DataType.FP32, Shape.of(rows, CLASSES), data);
    return new Zeros(List.of(output));
  }

  @Override
  public void close() {}

  private record Zeros(List<Tensor> tensors) implements BoundBatch, RunOutputs {
    @Override
    public RunOutputs run() {
      return this;
    }

    @Override
    public void close() {}
  }
}
