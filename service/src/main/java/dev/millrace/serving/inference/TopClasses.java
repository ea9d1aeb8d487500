package dev.millrace.serving.inference;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Makes BYTES {@code score:index[:label]} of the highest values of each row. Of equal ones the
 * first comes first, and what is no number comes last.
 */
final class TopClasses {
  /** As in Triton: ranking runs on the event loop of the connection. */
  private static final int MOST_VALUES = 1_000_000;

  private final Tensor output;
  private final Scores scores;
  private final List<String> labels;
  private final int rowLength;
  private final int classes;
  private final StringBuilder text = new StringBuilder();
  private ByteBuffer result;

  private TopClasses(Tensor output, Scores scores, List<String> labels, int rows, int wanted) {
    this.output = output;
    this.scores = scores;
    rowLength = rows == 0 ? 0 : scores.count() / rows;
    this.labels = labels;
    classes = Math.min(wanted, rowLength);
    result = ByteBuffer.allocate(32 + rows * classes * 24).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Ranks an output.
   *
   * @param batched whether the first dimension is the rows
   * @param labels by index; there may be fewer than values
   */
  static Tensor of(Tensor output, int wanted, boolean batched, List<String> labels) {
    var scores = scores(output);
    if (scores.count() > MOST_VALUES) {
      throw invalid(
          "classification output tensor too large: output '%s' has shape %s, more than %d values. Ask for fewer rows, or for the whole output."
              .formatted(output.name(), output.shape(), MOST_VALUES));
    }
    boolean inRows = batched && output.shape().rank() > 0;
    int rows = inRows ? (int) output.shape().dimension(0) : 1;
    return new TopClasses(output, scores, labels, rows, wanted).ranked(rows, inRows);
  }

  private static Scores scores(Tensor output) {
    return switch (output.type()) {
      case FP32, FP64, UINT8, UINT16, UINT32, UINT64, INT8, INT16, INT32, INT64 ->
          new Scores(output);
      case BOOL, FP16, BF16, BYTES ->
          throw invalid(
              "class result not available for output due to unsupported type '%s'; output '%s' must be of whole numbers, FP32 or FP64. Ask for the whole output."
                  .formatted(output.type(), output.name()));
    };
  }

  private Tensor ranked(int rows, boolean inRows) {
    for (int row = 0; row < rows && classes > 0; row++) {
      rank(row * rowLength);
    }
    var shape = inRows ? Shape.of(rows, classes) : Shape.of(classes);
    return new Tensor(output.name(), DataType.BYTES, shape, result.flip());
  }

  private void rank(int first) {
    for (int index : highest(first)) {
      text.setLength(0);
      scores.append(first + index, text);
      text.append(':').append(index);
      if (index < labels.size()) {
        text.append(':').append(labels.get(index));
      }
      append(text.toString().getBytes(StandardCharsets.UTF_8));
    }
  }

  private int[] highest(int first) {
    return classes < rowLength ? selected(first) : sorted(first);
  }

  private int[] sorted(int first) {
    var order = new Integer[rowLength];
    Arrays.setAll(order, index -> index);
    Arrays.sort(order, (one, other) -> scores.compare(first + other, first + one));
    return Arrays.stream(order).mapToInt(Integer::intValue).toArray();
  }

  /** Keeps the best so far in a heap with the worst of them on top. */
  private int[] selected(int first) {
    var heap = new int[classes];
    int size = 0;
    for (int index = 0; index < rowLength; index++) {
      if (size < classes) {
        heap[size] = index;
        siftUp(heap, size++, first);
      } else if (isWorse(heap[0], index, first)) {
        heap[0] = index;
        siftDown(heap, size, first);
      }
    }
    for (int end = size - 1; end > 0; end--) {
      int worst = heap[0];
      heap[0] = heap[end];
      heap[end] = worst;
      siftDown(heap, end, first);
    }
    return heap;
  }

  private void siftUp(int[] heap, int from, int first) {
    for (int at = from; at > 0 && isWorse(heap[at], heap[(at - 1) / 2], first); at = (at - 1) / 2) {
      swap(heap, at, (at - 1) / 2);
    }
  }

  private void siftDown(int[] heap, int size, int first) {
    int at = 0;
    while (2 * at + 1 < size) {
      int child = 2 * at + 1;
      if (child + 1 < size && isWorse(heap[child + 1], heap[child], first)) {
        child++;
      }
      if (!isWorse(heap[child], heap[at], first)) {
        return;
      }
      swap(heap, at, child);
      at = child;
    }
  }

  private static void swap(int[] heap, int one, int other) {
    int kept = heap[one];
    heap[one] = heap[other];
    heap[other] = kept;
  }

  private boolean isWorse(int one, int other, int first) {
    int order = scores.compare(first + one, first + other);
    return order == 0 ? one > other : order < 0;
  }

  private void append(byte[] string) {
    if (result.remaining() < Integer.BYTES + string.length) {
      result =
          ByteBuffer.allocate(
                  Math.max(2 * result.capacity(), result.capacity() + string.length + 8))
              .order(ByteOrder.LITTLE_ENDIAN)
              .put(result.flip());
    }
    result.putInt(string.length).put(string);
  }

  private static InferenceException invalid(String message) {
    return new InferenceException(new InferenceFailure.Invalid(message));
  }
}
