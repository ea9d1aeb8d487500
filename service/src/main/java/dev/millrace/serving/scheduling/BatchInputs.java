package dev.millrace.serving.scheduling;

import dev.millrace.serving.runtime.BoundBatch;
import dev.millrace.serving.runtime.ExecutableModel;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.NativeMemory;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Tensor;
import dev.millrace.serving.tensor.TensorSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Puts the rows of a batch together in direct buffers that are reused for every batch. Where the
 * shapes follow from the number of rows, the buffers stay bound to the runtime, once per number of
 * rows. Owned by the worker.
 */
final class BatchInputs implements AutoCloseable {
  /** Above, binding a request's own memory (some microseconds) is cheaper than copying it. */
  private static final int COPIED_BYTES = 64 << 10;

  /** Larger batches come up only where batching is off; they are bound for each run. */
  private static final int MOST_KEPT_ROWS = 1 << 10;

  private static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(0);

  private final ExecutableModel model;
  private final List<TensorSpec> specs;
  private final boolean batchable;
  private final boolean shapesFollowFromRows;
  private final @Nullable NativeMemory[] memory;

  /** Of {@link #memory}, with which they change. */
  private final ByteBuffer[] buffers;

  /** Absent where nothing is padded. */
  private final @Nullable Padding padding;

  /** By number of rows; by 0 where the model has no open rows. */
  private @Nullable BoundBatch[] bound = new BoundBatch[1];

  BatchInputs(ExecutableModel model, @Nullable Padding padding) {
    this.model = model;
    this.padding = padding;
    specs = model.signature().inputs();
    batchable = model.signature().batchable();
    shapesFollowFromRows = specs.stream().allMatch(this::followsFromRows);
    memory = new NativeMemory[specs.size()];
    buffers = new ByteBuffer[specs.size()];
    Arrays.fill(buffers, NOTHING);
  }

  /** The batch, ready to run; give it to {@link #release} afterwards. */
  BoundBatch prepare(List<Part> parts, int rows) {
    var first = parts.getFirst();
    if (parts.size() == 1 && first.split == null && runsInPlace(first.request.inputs())) {
      return model.bind(first.request.inputs());
    }
    if (padding != null && padding.isNeeded(parts)) {
      return model.bind(padded(parts, rows, padding));
    }
    copy(parts);
    return bindCopied(parts, rows);
  }

  /** Forgets a batch that is not kept for reuse. */
  void release(BoundBatch batch, int rows) {
    int key = batchable ? rows : 0;
    if (key >= bound.length || !batch.equals(bound[key])) {
      batch.close();
    }
  }

  /** Whether the shapes of a batch depend on nothing but its rows. */
  boolean shapesFollowFromRows() {
    return shapesFollowFromRows;
  }

  /** After the last run. */
  @Override
  public void close() {
    unbind();
    for (int input = 0; input < buffers.length; input++) {
      drop(input);
    }
  }

  private void drop(int input) {
    var dropped = memory[input];
    if (dropped != null) {
      memory[input] = null;
      buffers[input] = NOTHING;
      dropped.close();
    }
  }

  private void unbind() {
    for (int i = 0; i < bound.length; i++) {
      var batch = bound[i];
      if (batch != null) {
        batch.close();
        bound[i] = null;
      }
    }
  }

  private boolean followsFromRows(TensorSpec spec) {
    var shape = spec.shape();
    for (int i = batchable ? 1 : 0; i < shape.rank(); i++) {
      if (shape.dimension(i) == Shape.ANY) {
        return false;
      }
    }
    return spec.type() != DataType.BYTES;
  }

  private boolean runsInPlace(List<Tensor> inputs) {
    if (!shapesFollowFromRows) {
      return true;
    }
    long bytes = 0;
    for (int i = 0; i < inputs.size(); i++) {
      bytes += inputs.get(i).data().remaining();
      if (!inputs.get(i).data().isDirect()) {
        return false;
      }
    }
    return bytes > COPIED_BYTES;
  }

  private void copy(List<Part> parts) {
    for (int i = 0; i < buffers.length; i++) {
      copy(parts, i);
    }
  }

  private void copy(List<Part> parts, int input) {
    ensureCapacity(input, totalBytes(parts, input));
    copyRows(parts, input);
  }

  private List<Tensor> padded(List<Part> parts, int rows, Padding padding) {
    var tensors = new ArrayList<Tensor>(buffers.length);
    for (int i = 0; i < buffers.length; i++) {
      var input = padding.input(i);
      if (input == null) {
        copy(parts, i);
        tensors.add(tensor(parts, rows, i));
      } else {
        tensors.add(padded(parts, rows, input));
      }
    }
    return tensors;
  }

  private Tensor padded(List<Part> parts, int rows, PaddedInput input) {
    var shape = input.paddedShape(parts, rows);
    int bytes = input.bytes(shape);
    ensureCapacity(input.index(), bytes);
    input.copy(parts, shape, buffers[input.index()]);
    var pattern = specs.get(input.index());
    var data = buffers[input.index()].slice(0, bytes).order(ByteOrder.LITTLE_ENDIAN);
    return new Tensor(pattern.name(), pattern.type(), shape, data);
  }

  private BoundBatch bindCopied(List<Part> parts, int rows) {
    int key = batchable ? rows : 0;
    if (!shapesFollowFromRows || key > MOST_KEPT_ROWS) {
      return model.bind(tensors(parts, rows));
    }
    if (key >= bound.length) {
      bound = Arrays.copyOf(bound, Integer.highestOneBit(key) * 2);
    }
    var batch = bound[key];
    if (batch == null) {
      batch = model.bind(tensors(parts, rows));
      bound[key] = batch;
    }
    return batch;
  }

  private List<Tensor> tensors(List<Part> parts, int rows) {
    var tensors = new ArrayList<Tensor>(buffers.length);
    for (int i = 0; i < buffers.length; i++) {
      tensors.add(tensor(parts, rows, i));
    }
    return tensors;
  }

  private Tensor tensor(List<Part> parts, int rows, int input) {
    var pattern = parts.getFirst().request.inputs().get(input);
    var shape = batchable ? pattern.shape().withRows(rows) : pattern.shape();
    var data = buffers[input].slice(0, totalBytes(parts, input)).order(ByteOrder.LITTLE_ENDIAN);
    return new Tensor(pattern.name(), pattern.type(), shape, data);
  }

  /** A buffer that moves leaves what is bound to it behind. */
  private void ensureCapacity(int input, int bytes) {
    if (buffers[input].capacity() < bytes) {
      unbind();
      drop(input);
      int rounded = Integer.highestOneBit(Math.max(bytes - 1, 1)) << 1;
      var larger = new NativeMemory(rounded < bytes ? bytes : rounded);
      memory[input] = larger;
      buffers[input] = larger.buffer();
    }
  }

  private int totalBytes(List<Part> parts, int input) {
    int total = 0;
    for (int i = 0; i < parts.size(); i++) {
      total = Math.addExact(total, bytes(parts.get(i), input));
    }
    return total;
  }

  private int bytes(Part part, int input) {
    var tensor = part.request.inputs().get(input);
    return part.split == null
        ? tensor.data().remaining()
        : OutputRows.offset(tensor, part.firstRow + part.rows)
            - OutputRows.offset(tensor, part.firstRow);
  }

  private void copyRows(List<Part> parts, int input) {
    int at = 0;
    for (int i = 0; i < parts.size(); i++) {
      var part = parts.get(i);
      var tensor = part.request.inputs().get(input);
      int bytes = bytes(part, input);
      int from =
          part.split == null ? tensor.data().position() : OutputRows.offset(tensor, part.firstRow);
      buffers[input].put(at, tensor.data(), from, bytes);
      at += bytes;
    }
  }
}
