package dev.millrace.serving.runtime.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import dev.millrace.serving.runtime.RunOutputs;
import dev.millrace.serving.tensor.NativeMemory;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Tensor;
import dev.millrace.serving.tensor.TensorSpec;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Memory for the outputs of up to so many rows, and the tensors of ONNX Runtime on it, which are
 * made once per number of rows. Owned by one run at a time.
 */
final class OutputSlab {
  private final OutputSlabs pool;
  private final OrtEnvironment environment;
  private final List<TensorSpec> outputs;
  private final List<NativeMemory> memory = new ArrayList<>();
  private final int power;
  private final long sizeBytes;
  private final @Nullable Rows[] byRows;

  OutputSlab(OutputSlabs pool, OrtEnvironment environment, List<TensorSpec> outputs, int power) {
    this.pool = pool;
    this.environment = environment;
    this.outputs = outputs;
    this.power = power;
    int capacity = 1 << power;
    byRows = new Rows[capacity + 1];
    sizeBytes = outputs.stream().mapToLong(output -> sizeBytes(output, capacity)).sum();
    try {
      outputs.forEach(output -> memory.add(new NativeMemory(sizeBytes(output, capacity))));
    } catch (RuntimeException | Error e) {
      memory.forEach(NativeMemory::close);
      throw e;
    }
  }

  int power() {
    return power;
  }

  long sizeBytes() {
    return sizeBytes;
  }

  Rows rows(int rows) throws OrtException {
    var cached = byRows[rows];
    if (cached == null) {
      cached = bind(rows);
      byRows[rows] = cached;
    }
    return cached;
  }

  /** Once, when nobody reads the outputs any more. */
  void release() {
    for (var rows : byRows) {
      if (rows != null) {
        rows.pinned.values().forEach(OnnxTensor::close);
      }
    }
    memory.forEach(NativeMemory::close);
  }

  private Rows bind(int rows) throws OrtException {
    var pinned = new LinkedHashMap<String, OnnxTensor>();
    var tensors = new ArrayList<Tensor>(outputs.size());
    for (int i = 0; i < outputs.size(); i++) {
      var output = outputs.get(i);
      var shape = shape(output, rows);
      var data =
          memory.get(i).buffer().slice(0, sizeBytes(output, rows)).order(ByteOrder.LITTLE_ENDIAN);
      tensors.add(new Tensor(output.name(), output.type(), shape, data));
      pinned.put(output.name(), SessionTensors.view(environment, output.type(), shape, data));
    }
    return new Rows(pinned, List.copyOf(tensors));
  }

  private static Shape shape(TensorSpec output, int rows) {
    var shape = output.shape();
    return shape.rank() > 0 && shape.dimension(0) == Shape.ANY ? shape.withRows(rows) : shape;
  }

  private static int sizeBytes(TensorSpec output, int rows) {
    return Math.toIntExact(
        Math.multiplyExact(shape(output, rows).elementCount(), output.type().sizeBytes()));
  }

  /** The slab as the outputs of this many rows. */
  final class Rows implements RunOutputs {
    private final Map<String, OnnxTensor> pinned;
    private final List<Tensor> tensors;

    Rows(Map<String, OnnxTensor> pinned, List<Tensor> tensors) {
      this.pinned = pinned;
      this.tensors = tensors;
    }

    Map<String, OnnxTensor> pinned() {
      return pinned;
    }

    @Override
    public List<Tensor> tensors() {
      return tensors;
    }

    @Override
    public void close() {
      pool.giveBack(OutputSlab.this);
    }
  }
}
