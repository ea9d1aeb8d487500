package dev.millrace.serving.runtime.onnx;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.TensorSpec;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The free output slabs of one session, kept by capacity: a power of two of rows. The worker takes
 * a slab for each run, and whoever finishes encoding the answers, on any thread, gives it back; so
 * answers that take long to encode cost memory and never get overwritten.
 */
final class OutputSlabs {
  private static final int CAPACITIES = 31;

  /** Slabs that come back beyond this many bytes are dropped. */
  private static final long MOST_FREE_BYTES = 64L << 20;

  private final OrtEnvironment environment;
  private final List<TensorSpec> outputs;
  private final ArrayDeque<OutputSlab>[] free;

  /** Guarded by free. */
  private long freeBytes;

  /** Guarded by free. */
  private boolean closed;

  // An array of a generic type cannot be made otherwise.
  @SuppressWarnings({"unchecked", "rawtypes"})
  OutputSlabs(OrtEnvironment environment, List<TensorSpec> outputs) {
    this.environment = environment;
    this.outputs = outputs;
    free = new ArrayDeque[CAPACITIES];
    for (int i = 0; i < CAPACITIES; i++) {
      free[i] = new ArrayDeque<>();
    }
  }

  /** Whether the shapes of all outputs follow from the number of rows. */
  boolean suits() {
    return outputs.stream().allMatch(OutputSlabs::followsFromRows);
  }

  private static boolean followsFromRows(TensorSpec output) {
    if (output.type() == DataType.BYTES) {
      return false;
    }
    for (int i = 1; i < output.shape().rank(); i++) {
      if (output.shape().dimension(i) == Shape.ANY) {
        return false;
      }
    }
    return true;
  }

  OutputSlab.Rows take(int rows) throws OrtException {
    int power = rows <= 1 ? 0 : 32 - Integer.numberOfLeadingZeros(rows - 1);
    var kept = takeKept(power);
    var slab = kept == null ? new OutputSlab(this, environment, outputs, power) : kept;
    try {
      return slab.rows(rows);
    } catch (OrtException | RuntimeException | Error e) {
      giveBack(slab);
      throw e;
    }
  }

  private @Nullable OutputSlab takeKept(int power) {
    synchronized (free) {
      var slab = free[power].poll();
      freeBytes -= slab == null ? 0 : slab.sizeBytes();
      return slab;
    }
  }

  void giveBack(OutputSlab slab) {
    synchronized (free) {
      if (!closed && freeBytes + slab.sizeBytes() <= MOST_FREE_BYTES) {
        freeBytes += slab.sizeBytes();
        free[slab.power()].push(slab);
        return;
      }
    }
    slab.release();
  }

  /** Slabs that are out are released when they come back. */
  void close() {
    synchronized (free) {
      closed = true;
      for (var slabs : free) {
        slabs.forEach(OutputSlab::release);
        slabs.clear();
      }
    }
  }
}
