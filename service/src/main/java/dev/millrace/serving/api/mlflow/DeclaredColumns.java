package dev.millrace.serving.api.mlflow;

import dev.millrace.serving.api.json.UnfitValueException;
import dev.millrace.serving.lifecycle.ModelDescription;
import java.util.List;

/** The columns that a model's MLmodel file names, for its one input of two dimensions. */
record DeclaredColumns(List<String> names) {
  /** The place of a column that the model does not take. */
  static final int IGNORED = -1;

  /** Copies the list. */
  DeclaredColumns {
    names = List.copyOf(names);
  }

  /** None where the input has another number of columns. */
  static DeclaredColumns of(ModelDescription model) {
    var inputs = model.signature().inputs();
    var names = model.columns();
    boolean fits =
        inputs.size() == 1
            && inputs.getFirst().shape().rank() == 2
            && (inputs.getFirst().shape().dimension(1) < 0
                || inputs.getFirst().shape().dimension(1) == names.size());
    return new DeclaredColumns(fits ? names : List.of());
  }

  /**
   * Where the input takes each column of a table: as they come, where none is declared.
   *
   * @throws UnfitValueException where the table lacks one
   */
  int[] places(List<String> columns) {
    var places = new int[columns.size()];
    for (int i = 0; i < places.length; i++) {
      places[i] = names.isEmpty() ? i : names.indexOf(columns.get(i));
    }
    for (var name : names) {
      if (!columns.contains(name)) {
        throw missing(name);
      }
    }
    return places;
  }

  private UnfitValueException missing(String name) {
    return new UnfitValueException(
        "the table has no column '%s'; the model takes %s".formatted(name, names));
  }
}
