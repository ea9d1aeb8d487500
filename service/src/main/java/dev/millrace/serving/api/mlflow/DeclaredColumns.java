package dev.millrace.serving.api.mlflow;

import dev.millrace.protocol.packaging.SignatureColumn;
import dev.millrace.serving.api.json.Tokens;
import dev.millrace.serving.api.json.UnfitValueException;
import dev.millrace.serving.lifecycle.ModelDescription;
import java.math.BigDecimal;
import java.util.List;
import java.util.stream.IntStream;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonParser.NumberType;
import tools.jackson.core.JsonToken;

/**
 * The columns that a model's MLmodel file declares for its one input of two dimensions; what it
 * says of their values holds beside what the input takes.
 */
record DeclaredColumns(List<SignatureColumn> columns) {
  /** The place of a column that the model does not take. */
  static final int IGNORED = -1;

  /** Copies the list. */
  DeclaredColumns {
    columns = List.copyOf(columns);
  }

  /** None where the input has another number of columns. */
  static DeclaredColumns of(ModelDescription model) {
    var inputs = model.signature().inputs();
    var columns = model.columns();
    boolean fits =
        inputs.size() == 1
            && inputs.getFirst().shape().rank() == 2
            && (inputs.getFirst().shape().dimension(1) < 0
                || inputs.getFirst().shape().dimension(1) == columns.size());
    return new DeclaredColumns(fits ? columns : List.of());
  }

  boolean isEmpty() {
    return columns.isEmpty();
  }

  List<String> names() {
    return columns.stream().map(SignatureColumn::name).toList();
  }

  /**
   * Where the input takes each column of a table, and behind them the optional ones that the table
   * lacks: as they come, where none is declared.
   *
   * @throws UnfitValueException where the table lacks one that is required
   */
  int[] places(List<String> table) {
    if (isEmpty()) {
      return IntStream.range(0, table.size()).toArray();
    }
    var names = names();
    return IntStream.concat(
            table.stream().mapToInt(names::indexOf),
            IntStream.range(0, names.size()).filter(place -> lacks(table, place)))
        .toArray();
  }

  private boolean lacks(List<String> table, int place) {
    var column = columns.get(place);
    if (table.contains(column.name())) {
      return false;
    }
    requireOptional(place);
    return true;
  }

  /** Throws UnfitValueException for a column that a table must have. */
  void requireOptional(int place) {
    var column = columns.get(place);
    if (column.required()) {
      throw new UnfitValueException(
          "the table has no column '%s'; the model takes %s".formatted(column.name(), names()));
    }
  }

  /** Throws UnfitValueException where a value is none of its column. */
  void check(int place, JsonParser json) {
    var column = columns.get(place);
    boolean isMissing = json.currentToken() == JsonToken.VALUE_NULL && !column.required();
    if (!isMissing && !isOf(column.values(), json)) {
      throw unfit(column, Tokens.shown(json));
    }
  }

  private static boolean isOf(SignatureColumn.Values values, JsonParser json) {
    return switch (values) {
      case INTEGER -> isWhole(json, Integer.MAX_VALUE);
      case LONG -> isWhole(json, Long.MAX_VALUE);
      case ANY -> true;
    };
  }

  /** Clients that work in floating point write 1 as 1.0. */
  private static boolean isWhole(JsonParser json, long most) {
    return switch (json.currentToken()) {
      case VALUE_NUMBER_INT ->
          json.getNumberType() != NumberType.BIG_INTEGER
              && json.getLongValue() <= most
              && json.getLongValue() >= -most - 1;
      case VALUE_NUMBER_FLOAT ->
          json.getDoubleValue() == Math.rint(json.getDoubleValue())
              && Math.abs(json.getDoubleValue()) <= most;
      case null, default -> false;
    };
  }

  /** The same of a value in a table of text. */
  void check(int place, String text) {
    var column = columns.get(place);
    boolean isMissing = text.isEmpty() && !column.required();
    if (!isMissing && !isOf(column.values(), text)) {
      throw unfit(column, "'" + Tokens.shortened(text) + "'");
    }
  }

  private static boolean isOf(SignatureColumn.Values values, String text) {
    return switch (values) {
      case INTEGER -> isWhole(text, Integer.MAX_VALUE);
      case LONG -> isWhole(text, Long.MAX_VALUE);
      case ANY -> true;
    };
  }

  private static boolean isWhole(String text, long most) {
    try {
      var number = new BigDecimal(text);
      return number.stripTrailingZeros().scale() <= 0
          && number.abs().compareTo(BigDecimal.valueOf(most)) <= 0;
    } catch (NumberFormatException _) {
      return false;
    }
  }

  private static UnfitValueException unfit(SignatureColumn column, String found) {
    return new UnfitValueException(
        "the column '%s' is of type %s in the model's signature, and does not take %s"
            .formatted(column.name(), column.values(), found));
  }
}
