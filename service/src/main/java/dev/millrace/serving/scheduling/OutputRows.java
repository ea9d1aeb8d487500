package dev.millrace.serving.scheduling;

import dev.millrace.serving.tensor.ByteStrings;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Cuts the tensors of a batch into views per request, and joins pieces of one request again. */
public final class OutputRows {
  private OutputRows() {}

  /** Whether every output has as many rows as the batch, so that it can be cut. */
  public static boolean haveRows(List<Tensor> outputs, int rows) {
    for (int i = 0; i < outputs.size(); i++) {
      var shape = outputs.get(i).shape();
      if (shape.rank() == 0 || shape.dimension(0) != rows) {
        return false;
      }
    }
    return true;
  }

  /** The outputs wanted, uncut. */
  static List<Tensor> wanted(List<Tensor> outputs, List<Integer> indexes) {
    if (indexes.isEmpty()) {
      return outputs;
    }
    var chosen = new Tensor[indexes.size()];
    for (int i = 0; i < chosen.length; i++) {
      chosen[i] = outputs.get(indexes.get(i));
    }
    return Arrays.asList(chosen);
  }

  /** So many rows of each, beginning with that row. */
  public static List<Tensor> cut(List<Tensor> outputs, int firstRow, int rows) {
    var views = new Tensor[outputs.size()];
    for (int i = 0; i < views.length; i++) {
      views[i] = cut(outputs.get(i), firstRow, rows);
    }
    return Arrays.asList(views);
  }

  private static Tensor cut(Tensor output, int firstRow, int rows) {
    var data = output.data();
    int from = offset(output, firstRow);
    int to = offset(output, firstRow + rows);
    var view = data.slice(from, to - from).order(ByteOrder.LITTLE_ENDIAN);
    return new Tensor(output.name(), output.type(), output.shape().withRows(rows), view);
  }

  /** Absolute index at which a row of the tensor begins. */
  static int offset(Tensor tensor, int row) {
    var data = tensor.data();
    long allRows = tensor.shape().dimension(0);
    if (tensor.type() == DataType.BYTES) {
      long perRow = allRows == 0 ? 0 : tensor.shape().elementCount() / allRows;
      return ByteStrings.skip(data, data.position(), row * perRow);
    }
    return data.position() + (int) (data.remaining() / allRows * row);
  }

  /** One list of tensors from those of consecutive pieces, in new memory. */
  static List<Tensor> join(List<List<Tensor>> pieces) {
    var joined = new ArrayList<Tensor>();
    for (int output = 0; output < pieces.getFirst().size(); output++) {
      var column = new ArrayList<Tensor>(pieces.size());
      for (var piece : pieces) {
        column.add(piece.get(output));
      }
      joined.add(joinColumn(column));
    }
    return joined;
  }

  private static Tensor joinColumn(List<Tensor> pieces) {
    int size = 0;
    long rows = 0;
    for (var piece : pieces) {
      size = Math.addExact(size, piece.data().remaining());
      rows += piece.shape().dimension(0);
    }
    var data = ByteBuffer.allocateDirect(size).order(ByteOrder.LITTLE_ENDIAN);
    for (var piece : pieces) {
      data.put(piece.data().duplicate());
    }
    var first = pieces.getFirst();
    return new Tensor(first.name(), first.type(), first.shape().withRows(rows), data.flip());
  }

  /** What each part of a batch asked for, in order; cut back to its own length where padded. */
  // Generic arrays cannot be made otherwise, and a list per batch would be garbage.
  @SuppressWarnings({"unchecked", "rawtypes"})
  static List<Tensor>[] of(List<Part> parts, List<Tensor> outputs, @Nullable Padding padding) {
    List<Tensor>[] views = new List[parts.size()];
    int row = 0;
    for (int i = 0; i < views.length; i++) {
      var part = parts.get(i);
      var wanted = wanted(outputs, part.request.outputIndexes());
      views[i] = views.length == 1 ? wanted : cut(wanted, row, part.rows);
      row += part.rows;
    }
    if (padding != null && padding.isNeeded(parts)) {
      padding.cutBack(views, parts);
    }
    return views;
  }
}
