package dev.millrace.serving.api.mlflow;

import dev.millrace.serving.api.json.InputCollectors;
import dev.millrace.serving.api.json.Missing;
import dev.millrace.serving.api.json.RequestTensors;
import dev.millrace.serving.api.json.TensorCollector;
import dev.millrace.serving.api.json.UnfitValueException;
import dev.millrace.serving.lifecycle.ModelDescription;
import dev.millrace.serving.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;

/**
 * Puts the cells of a table, whose columns are known, into the inputs of a model: each input takes
 * the column of its name, and columns that no input has are ignored, as MLflow does; or the one
 * input of two dimensions takes all columns, in their order.
 */
final class Table {
  private static final int ANY_NUMBER = -1;
  private static final int[] NO_PLACES = {};

  private final InputCollectors inputs;
  private final @Nullable TensorCollector rowInput;
  private final List<@Nullable TensorCollector> columnInputs;

  private final DeclaredColumns declared;

  /**
   * Where the row's input takes each column, and then the optional ones that the table lacks; empty
   * where it takes them as they come.
   */
  private final int[] places;

  /** The places of the columns that are taken. */
  private final int[] order;

  private int columns;
  private int column;
  private long rows;

  private Table(
      InputCollectors inputs,
      @Nullable TensorCollector rowInput,
      List<@Nullable TensorCollector> columnInputs,
      int columns) {
    this.inputs = inputs;
    this.rowInput = rowInput;
    this.columnInputs = columnInputs;
    this.columns = columns;
    declared = new DeclaredColumns(List.of());
    places = NO_PLACES;
    order = NO_PLACES;
  }

  private Table(
      InputCollectors inputs,
      TensorCollector rowInput,
      DeclaredColumns declared,
      List<String> names) {
    this.inputs = inputs;
    this.rowInput = rowInput;
    this.declared = declared;
    places = declared.places(names);
    columnInputs = List.of();
    columns = names.size();
    order = Arrays.stream(places).filter(place -> place != DeclaredColumns.IGNORED).toArray();
  }

  /** A table with these columns, each name once. */
  static Table named(ModelDescription model, RequestTensors memory, List<String> columns) {
    requireOnce(columns);
    var inputs = new InputCollectors(model.signature(), memory, Missing.NOT_A_NUMBER);
    if (takesAllColumns(inputs, columns)) {
      return new Table(inputs, inputs.only(), DeclaredColumns.of(model), columns);
    }
    var byColumn = new ArrayList<@Nullable TensorCollector>(columns.size());
    for (var name : columns) {
      byColumn.add(inputNamed(inputs, name));
    }
    for (var input : inputs.all()) {
      if (!byColumn.contains(input)) {
        throw missingColumn(inputs, input, columns);
      }
    }
    return new Table(inputs, null, byColumn, columns.size());
  }

  /** A table whose columns have no names: they are the inputs in their order. */
  static Table unnamed(ModelDescription model, RequestTensors memory) {
    var inputs = new InputCollectors(model.signature(), memory, Missing.NOT_A_NUMBER);
    return isMatrix(inputs)
        ? new Table(inputs, inputs.only(), List.of(), ANY_NUMBER)
        : new Table(inputs, null, List.copyOf(inputs.all()), inputs.all().size());
  }

  /** How many rows have ended. */
  long rows() {
    return rows;
  }

  /** The next cell of the row. */
  void cell(JsonParser json) {
    requireColumn();
    if (rowInput != null) {
      readRowCell(rowInput, json);
    } else {
      var input = columnInputs.get(column);
      if (input == null) {
        json.skipChildren();
      } else {
        input.read(json);
      }
    }
    column++;
  }

  private void readRowCell(TensorCollector input, JsonParser json) {
    if (takesColumn()) {
      if (!declared.isEmpty()) {
        declared.check(places[column], json);
      }
      input.readCell(json);
    } else {
      json.skipChildren();
    }
  }

  private boolean takesColumn() {
    return places.length == 0 || places[column] != DeclaredColumns.IGNORED;
  }

  /** The next cell of the row, of text. */
  void cell(String text) {
    requireColumn();
    if (rowInput != null) {
      if (takesColumn()) {
        if (!declared.isEmpty()) {
          declared.check(places[column], text);
        }
        rowInput.readCellText(text);
      }
    } else {
      var input = columnInputs.get(column);
      if (input != null) {
        input.readText(text);
      }
    }
    column++;
  }

  /** Ends a row. */
  void endRow() {
    columns = columns == ANY_NUMBER ? column : columns;
    if (column != columns) {
      throw new UnfitValueException(
          "the row has %d cells, and the table %d columns".formatted(column, columns));
    }
    if (rowInput != null) {
      for (int missing = columns; missing < places.length; missing++) {
        rowInput.readMissingCell();
      }
      rowInput.endRow(order);
    }
    column = 0;
    rows++;
  }

  /** The inputs, once all rows have ended. */
  List<Tensor> tensors() {
    return inputs.rowsAsDeclared();
  }

  /** Whether the one input of the model is a matrix. */
  static boolean isMatrix(InputCollectors inputs) {
    return inputs.all().size() == 1 && inputs.all().getFirst().spec().shape().rank() == 2;
  }

  private static boolean takesAllColumns(InputCollectors inputs, List<String> columns) {
    if (!isMatrix(inputs)) {
      return false;
    }
    var spec = inputs.only().spec();
    return !columns.contains(spec.name())
        || (columns.size() > 1 && spec.shape().dimension(1) == columns.size());
  }

  private static @Nullable TensorCollector inputNamed(InputCollectors inputs, String name) {
    for (var input : inputs.all()) {
      if (input.spec().name().equals(name)) {
        return input;
      }
    }
    return null;
  }

  private void requireColumn() {
    if (column == columns) {
      throw new UnfitValueException(
          "the row has more cells than the table has columns, %d".formatted(columns));
    }
  }

  private static void requireOnce(List<String> columns) {
    var seen = new HashSet<String>();
    for (var name : columns) {
      if (!seen.add(name)) {
        throw new UnfitValueException("the column '%s' is there twice".formatted(name));
      }
    }
  }

  private static UnfitValueException missingColumn(
      InputCollectors inputs, TensorCollector missing, List<String> columns) {
    return new UnfitValueException(
        "the table has no column '%s'; it has %s, and the model takes a column for each of its inputs %s. Send tensors as 'inputs' where an input is more than a column."
            .formatted(missing.spec().name(), columns, inputs.names()));
  }
}
