package dev.millrace.serving.fake;

import dev.millrace.serving.device.Device;
import dev.millrace.serving.runtime.BoundBatch;
import dev.millrace.serving.runtime.ExecutableModel;
import dev.millrace.serving.runtime.ModelLoadException;
import dev.millrace.serving.runtime.ModelRuntime;
import dev.millrace.serving.runtime.RunOutputs;
import dev.millrace.serving.runtime.RuntimeSettings;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.tensor.Tensor;
import dev.millrace.serving.tensor.TensorSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/**
 * Opens the files that a {@link Gate} writes, in a whole service too: models that answer x, FP32
 * [-1,-1], with itself as y, when they may and not before. What a run takes does not follow from
 * its rows, so event loops leave it to the workers, and a held one holds no connection.
 */
public final class GatedRuntime implements ModelRuntime {
  private static final Signature SIGNATURE =
      new Signature(
          List.of(new TensorSpec("x", DataType.FP32, Shape.of(-1, -1))),
          List.of(new TensorSpec("y", DataType.FP32, Shape.of(-1, -1))));

  @Override
  public boolean reads(Path modelFile) {
    return Gate.isBehind(modelFile);
  }

  @Override
  public String platform() {
    return "gated";
  }

  /** So a service has GPUs that it can use wherever a driver tells of them. */
  @Override
  public Optional<String> objectionTo(Device device) {
    return Optional.empty();
  }

  @Override
  public ExecutableModel open(Path modelFile, Device device, RuntimeSettings settings) {
    try {
      var words = Files.readString(modelFile).split(" ", 3);
      return new Model(
          new Gate(Path.of(words[2])), Long.parseLong(words[1]) * 1_000, device.name());
    } catch (IOException e) {
      throw new ModelLoadException(String.valueOf(e.getMessage()), e);
    }
  }

  private record Model(Gate gate, long nanosPerRun, String device) implements ExecutableModel {
    @Override
    public Signature signature() {
      return SIGNATURE;
    }

    @Override
    public BoundBatch bind(List<Tensor> inputs) {
      return new Bound(this, inputs.getFirst());
    }

    @Override
    public void close() {}

    RunOutputs run(Tensor input) {
      long endNanos = System.nanoTime() + nanosPerRun;
      gate.pass(input);
      for (long left = nanosPerRun; left > 0; left = endNanos - System.nanoTime()) {
        LockSupport.parkNanos(left);
      }
      var memory = ByteBuffer.allocateDirect(input.data().remaining());
      memory.order(ByteOrder.LITTLE_ENDIAN).put(input.data().duplicate()).flip();
      return new Outputs(List.of(new Tensor("y", DataType.FP32, input.shape(), memory)));
    }
  }

  private record Bound(Model model, Tensor input) implements BoundBatch {
    @Override
    public RunOutputs run() {
      return model.run(input);
    }

    @Override
    public void close() {}
  }

  private record Outputs(List<Tensor> tensors) implements RunOutputs {
    @Override
    public void close() {}
  }
}
