package dev.millrace.serving.api.json;

import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Tensor;
import dev.millrace.serving.tensor.TensorSpec;
import io.netty.buffer.ByteBuf;
import java.nio.ByteOrder;
import java.util.Arrays;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Collects one tensor out of JSON values, each a number, a list, or lists of any nesting; the first
 * of them says the shape, and the others must have it, too. Not thread-safe.
 */
public final class TensorCollector {
  private static final int MAX_RANK = 32;
  private static final long UNKNOWN = -1;

  private final TensorSpec spec;
  private final RequestTensors memory;
  private final ByteBuf data;
  private final Elements elements;
  private final long[] lengths = new long[MAX_RANK];
  private int rank = (int) UNKNOWN;
  private long values;
  private int cells;

  TensorCollector(TensorSpec spec, RequestTensors memory, Missing missing) {
    this.spec = spec;
    this.memory = memory;
    data = memory.buffer();
    elements = new Elements(spec.type(), data, memory, missing);
    Arrays.fill(lengths, UNKNOWN);
  }

  /** What the model declares. */
  public TensorSpec spec() {
    return spec;
  }

  /** How many values there are. */
  public long values() {
    return values;
  }

  /**
   * Adds the value that the parser is at, and leaves it at the value's last token.
   *
   * @throws UnfitValueException where it does not fit the datatype, or the values before
   */
  public void read(JsonParser json) {
    read(json, 0);
    values++;
  }

  /** As {@link #read} for bytes in base64; the parser is at the name behind the opening brace. */
  public void readBase64(JsonParser json) {
    reachElement(0);
    elements.readBase64(json);
    values++;
  }

  /** As {@link #read} for a value as a table of text has it. */
  public void readText(String text) {
    reachElement(0);
    elements.readText(text);
    values++;
  }

  /** Adds one element to the list that will be the next value; {@link #endRow} ends it. */
  public void readCell(JsonParser json) {
    reachElement(1);
    elements.read(json);
    cells++;
  }

  /** As {@link #readCell}, of text. */
  public void readCellText(String text) {
    reachElement(1);
    elements.readText(text);
    cells++;
  }

  /** As {@link #readCell}, of a number that is missing. */
  public void readMissingCell() {
    reachElement(1);
    elements.readMissing();
    cells++;
  }

  /** Ends a list of cells. */
  public void endRow() {
    if (lengths[0] == UNKNOWN) {
      lengths[0] = cells;
    } else if (lengths[0] != cells) {
      throw new UnfitValueException(
          "a row of %d where those before have %d".formatted(cells, lengths[0]));
    }
    cells = 0;
    values++;
  }

  /**
   * As {@link #endRow()}, of cells in another order.
   *
   * @param places where each cell, in the order they were read, belongs in the list; empty for as
   *     they were read
   */
  public void endRow(int[] places) {
    RowOrder.restore(data, spec.type(), places, cells);
    endRow();
  }

  /** Adds a number that is missing. */
  public void readMissing() {
    reachElement(0);
    elements.readMissing();
    values++;
  }

  /** The one value as a tensor. */
  Tensor whole() {
    return tensor(Arrays.copyOf(lengths, Math.max(0, rank)));
  }

  /** The values as rows of a tensor. */
  Tensor rows() {
    var shape = new long[Math.max(0, rank) + 1];
    shape[0] = values;
    System.arraycopy(lengths, 0, shape, 1, shape.length - 1);
    return tensor(shape);
  }

  /** As {@link #rows}, in the shape that the model declares where a row has as many elements. */
  Tensor rowsAsDeclared() {
    var shape = DeclaredRows.shape(spec.shape(), values, Arrays.copyOf(lengths, Math.max(0, rank)));
    return shape == null ? rows() : tensor(shape);
  }

  /** Repeats the one value until there are so many. */
  public void repeat(long count) {
    int bytes = data.writerIndex();
    memory.reserve(data, Math.multiplyExact(bytes, count - 1));
    for (long copy = 1; copy < count; copy++) {
      data.writeBytes(data, 0, bytes);
    }
    values = count;
  }

  private Tensor tensor(long[] shape) {
    return new Tensor(
        spec.name(),
        spec.type(),
        Shape.of(shape),
        data.nioBuffer(0, data.writerIndex()).order(ByteOrder.LITTLE_ENDIAN));
  }

  private void read(JsonParser json, int level) {
    if (json.currentToken() == JsonToken.START_ARRAY) {
      readList(json, level);
    } else {
      reachElement(level);
      elements.read(json);
    }
  }

  private void reachElement(int level) {
    if (rank == UNKNOWN) {
      rank = level;
    } else if (level != rank) {
      throw new UnfitValueException("a single value where those before are lists");
    }
  }

  private void readList(JsonParser json, int level) {
    if (level == rank || level == MAX_RANK) {
      throw new UnfitValueException(
          level == rank
              ? "a list where those before are single values"
              : "a tensor has at most " + MAX_RANK + " dimensions");
    }
    long length = readElements(json, level);
    if (lengths[level] == UNKNOWN) {
      lengths[level] = length;
      rank = rank == UNKNOWN ? level + 1 : rank;
    } else if (length != lengths[level]) {
      throw new UnfitValueException(
          "a list of %d where those before have %d".formatted(length, lengths[level]));
    }
  }

  private long readElements(JsonParser json, int level) {
    long expected = lengths[level];
    long seen = 0;
    while (json.nextToken() != JsonToken.END_ARRAY) {
      if (seen == expected) {
        throw new UnfitValueException(
            "a list of more than %d where those before have %d".formatted(expected, expected));
      }
      try {
        read(json, level + 1);
      } catch (UnfitValueException e) {
        throw e.at(seen);
      }
      seen++;
    }
    return seen;
  }

  /** Whether its values may be objects, which stand for bytes. */
  boolean takesBase64() {
    return spec.type() == DataType.BYTES;
  }
}
