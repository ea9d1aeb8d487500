package dev.millrace.serving.lifecycle;

import dev.millrace.protocol.packaging.GoldenExamples;
import dev.millrace.protocol.packaging.TensorValue;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.tensor.Tensor;
import dev.millrace.serving.tensor.TensorSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Batches of a few rows that differ, the most telling first, for a model of which only the
 * signature is known: what its trainer recorded, then random values. Whole numbers stay small,
 * because they may be indexes into a table; where even those are refused the last batch has 0 and 1
 * only. The same signature gets the same rows at every load.
 */
final class SampleRows implements Iterable<List<Tensor>> {
  private static final int ROWS = 4;

  /** A row beyond this many elements is run in twos, or the check would hold up the load. */
  private static final long LARGE_ROW = 1 << 17;

  /** The samples are made of doubles on the heap, 32 MiB for two rows of so many elements. */
  private static final long HUGE_ROW = 1 << 21;

  private static final long SEED = 0x6d696c6c;
  private static final int OPEN_SIZE = 4;
  private static final int SMALL_NUMBERS = 4;
  private static final int FEWEST_NUMBERS = 2;

  private final Signature signature;
  private final GoldenExamples golden;
  private final int rows;

  /** For a batchable model. */
  SampleRows(Signature signature, GoldenExamples golden, int maxBatchRows) {
    this.signature = signature;
    this.golden = golden;
    rows = Math.min(maxBatchRows, largeRows() ? 2 : ROWS);
  }

  @Override
  public Iterator<List<Tensor>> iterator() {
    return Stream.<Supplier<@Nullable List<Tensor>>>of(
            this::recorded,
            () -> random(OPEN_SIZE, SMALL_NUMBERS),
            () -> random(1, SMALL_NUMBERS),
            () -> random(1, FEWEST_NUMBERS))
        .map(Supplier::get)
        .<List<Tensor>>mapMulti(
            (sample, next) -> {
              if (sample != null) {
                next.accept(sample);
              }
            })
        .iterator();
  }

  private boolean largeRows() {
    return signature.inputs().stream()
        .map(spec -> concrete(spec.shape(), 1, OPEN_SIZE))
        .mapToDouble(SampleRows::elements)
        .anyMatch(count -> count > LARGE_ROW);
  }

  /** Whether rows of the model are too large to be made up. */
  static boolean areHuge(Signature signature) {
    return signature.inputs().stream()
        .map(spec -> concrete(spec.shape(), 1, OPEN_SIZE))
        .mapToDouble(SampleRows::elements)
        .anyMatch(count -> count > HUGE_ROW);
  }

  /** As a double, which does not overflow. */
  private static double elements(Shape shape) {
    return Arrays.stream(shape.toArray()).asDoubleStream().reduce(1, (a, b) -> a * b);
  }

  private List<Tensor> random(int openSize, int numbers) {
    var random = new SplittableRandom(SEED);
    return signature.inputs().stream()
        .map(spec -> random(spec, concrete(spec.shape(), rows, openSize), numbers, random))
        .toList();
  }

  private static Shape concrete(Shape declared, int rows, int openSize) {
    var dimensions = declared.toArray();
    for (int i = 1; i < dimensions.length; i++) {
      dimensions[i] = dimensions[i] == Shape.ANY ? openSize : dimensions[i];
    }
    dimensions[0] = rows;
    return Shape.of(dimensions);
  }

  private Tensor random(TensorSpec spec, Shape shape, int numbers, SplittableRandom random) {
    int count = Math.toIntExact(shape.elementCount());
    if (spec.type() == DataType.BYTES) {
      return texts(spec.name(), shape, count, random);
    }
    var values = new double[count];
    for (int i = 0; i < count; i++) {
      values[i] =
          switch (spec.type()) {
            case FP16, BF16, FP32, FP64 -> random.nextDouble(-1, 1);
            case BOOL -> random.nextInt(2);
            case UINT8, UINT16, UINT32, UINT64, INT8, INT16, INT32, INT64, BYTES ->
                random.nextInt(numbers);
          };
    }
    makeDiffer(values, spec.type(), numbers);
    return Numbers.tensor(spec.name(), spec.type(), shape, values);
  }

  /** Rows of one whole number could be drawn alike. */
  private void makeDiffer(double[] values, DataType type, int numbers) {
    boolean whole =
        type != DataType.FP16
            && type != DataType.BF16
            && type != DataType.FP32
            && type != DataType.FP64;
    for (int row = 0; whole && row < rows && values.length > 0; row++) {
      values[row * (values.length / rows)] = row % (type == DataType.BOOL ? 2 : numbers);
    }
  }

  private static Tensor texts(String name, Shape shape, int count, SplittableRandom random) {
    var data = ByteBuffer.allocateDirect(count * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      var text = "%04d".formatted(random.nextInt(10_000)).getBytes(StandardCharsets.US_ASCII);
      data.putInt(text.length).put(text);
    }
    return new Tensor(name, DataType.BYTES, shape, data.flip());
  }

  /** The rows of the recorded examples, null where they make no batch of different rows. */
  private @Nullable List<Tensor> recorded() {
    var columns = signature.inputs().stream().map(this::column).toList();
    int least = columns.stream().mapToInt(List::size).min().orElse(0);
    if (least < 2) {
      return null;
    }
    int taken = Math.min(least, rows);
    return Stream.iterate(0, i -> i < columns.size(), i -> i + 1)
        .map(i -> joined(signature.inputs().get(i), columns.get(i).subList(0, taken)))
        .toList();
  }

  /** One input of the examples that have a single row, shaped like the first. */
  private List<TensorValue> column(TensorSpec spec) {
    var all =
        golden.examples().stream()
            .flatMap(example -> example.inputs().stream())
            .filter(value -> value.name().equals(spec.name()))
            .toList();
    return all.stream()
        .takeWhile(
            value ->
                !value.shape().isEmpty()
                    && value.shape().getFirst() == 1
                    && value.shape().equals(all.getFirst().shape()))
        .toList();
  }

  private static Tensor joined(TensorSpec spec, List<TensorValue> values) {
    var shape = values.getFirst().shape().stream().mapToLong(Long::longValue).toArray();
    shape[0] = values.size();
    var numbers = values.stream().flatMapToDouble(value -> Arrays.stream(value.data()));
    return Numbers.tensor(spec.name(), spec.type(), Shape.of(shape), numbers.toArray());
  }
}
