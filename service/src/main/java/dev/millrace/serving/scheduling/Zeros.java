package dev.millrace.serving.scheduling;

import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.tensor.Tensor;
import dev.millrace.serving.tensor.TensorSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.concurrent.Executor;

/** Inputs made of zeros, to warm a model up. */
public final class Zeros {
  /** A text that models which read numbers out of texts can read: its length, and a zero. */
  private static final byte[] TEXT = {1, 0, 0, 0, '0'};

  private Zeros() {}

  /** Open dimensions become 1, the rows of a batchable model the given number. */
  static ScheduledRequest request(Signature signature, int rows) {
    return new ScheduledRequest(
        inputs(signature, rows), rows, List.of(), Long.MAX_VALUE, 0, new NoOutcome());
  }

  /** All inputs of the signature, in its order. */
  public static List<Tensor> inputs(Signature signature, int rows) {
    return signature.inputs().stream().map(spec -> zeros(spec, signature, rows)).toList();
  }

  private static Tensor zeros(TensorSpec spec, Signature signature, int rows) {
    var dimensions = spec.shape().toArray();
    for (int i = 0; i < dimensions.length; i++) {
      if (dimensions[i] == Shape.ANY) {
        dimensions[i] = i == 0 && signature.batchable() ? rows : 1;
      }
    }
    var shape = Shape.of(dimensions);
    boolean isText = spec.type() == DataType.BYTES;
    int elementBytes = isText ? TEXT.length : spec.type().sizeBytes();
    int bytes = Math.toIntExact(Math.multiplyExact(shape.elementCount(), elementBytes));
    var data = ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
    while (isText && data.hasRemaining()) {
      data.put(TEXT);
    }
    return new Tensor(spec.name(), spec.type(), shape, data.rewind());
  }

  /** Nobody waits for a warm-up. */
  private static final class NoOutcome implements Outcome {
    @Override
    public Executor home() {
      return Runnable::run;
    }

    @Override
    public void completed(BatchResult result) {
      result.close();
    }

    @Override
    public void failed(InferenceFailure failure) {}

    @Override
    public boolean cancelled() {
      return false;
    }
  }
}
