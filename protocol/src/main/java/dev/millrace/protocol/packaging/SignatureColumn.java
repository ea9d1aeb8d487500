package dev.millrace.protocol.packaging;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A column of the signature that MLflow writes into an MLmodel file.
 *
 * @param required whether each table must have it
 */
public record SignatureColumn(String name, Values values, boolean required) {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** What may stand in a column, as far as numbers alone do not tell. */
  public enum Values {
    /** MLflow's {@code integer}: whole numbers of 32 bits. */
    INTEGER("integer"),
    /** MLflow's {@code long}: whole numbers of 64 bits. */
    LONG("long"),
    /** Every other type: what the model's own input takes. */
    ANY("");

    private final String type;

    Values(String type) {
      this.type = type;
    }

    private static Values of(String type) {
      for (var values : values()) {
        if (values.type.equals(type)) {
          return values;
        }
      }
      return ANY;
    }

    /** As the signature writes it. */
    @Override
    public String toString() {
      return type;
    }
  }

  /** A column that every table must have, with whatever the model's input takes. */
  public static SignatureColumn named(String name) {
    return new SignatureColumn(name, Values.ANY, true);
  }

  /**
   * The columns in their order; empty where the inputs are tensors, or columns without names, or
   * where the text is not such a signature.
   *
   * @param inputs the JSON of the signature's inputs; may be empty
   */
  public static List<SignatureColumn> of(String inputs) {
    if (inputs.isEmpty()) {
      return List.of();
    }
    try {
      var columns = new ArrayList<SignatureColumn>();
      for (var column : JSON.readTree(inputs)) {
        var type = column.path("type").asString("");
        if (!column.path("name").isString() || type.equals("tensor")) {
          return List.of();
        }
        columns.add(of(column, type));
      }
      return List.copyOf(columns);
    } catch (JacksonException _) {
      // Whoever wrote it, the model can be served: its columns then have no names.
      return List.of();
    }
  }

  private static SignatureColumn of(JsonNode column, String type) {
    boolean required = column.path("required").asBoolean(true);
    return new SignatureColumn(column.path("name").stringValue(), Values.of(type), required);
  }
}
