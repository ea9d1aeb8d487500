package dev.millrace.protocol.packaging;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** Reads the names of columns out of the signature that MLflow writes into an MLmodel file. */
public final class ColumnNames {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private ColumnNames() {}

  /**
   * The names in their order; empty where the inputs are tensors, or columns without names, or
   * where the text is not such a signature.
   *
   * @param inputs the JSON of the signature's inputs; may be empty
   */
  public static List<String> of(String inputs) {
    if (inputs.isEmpty()) {
      return List.of();
    }
    try {
      var names = new ArrayList<String>();
      for (var column : JSON.readTree(inputs)) {
        var name = column.path("name");
        if (!name.isString() || column.path("type").asString("").equals("tensor")) {
          return List.of();
        }
        names.add(name.asString());
      }
      return List.copyOf(names);
    } catch (JacksonException _) {
      // Whoever wrote it, the model can be served: its columns then have no names.
      return List.of();
    }
  }
}
