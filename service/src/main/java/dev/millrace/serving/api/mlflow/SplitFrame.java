package dev.millrace.serving.api.mlflow;

import dev.millrace.serving.api.json.JsonBody;
import dev.millrace.serving.api.json.RequestTensors;
import dev.millrace.serving.api.json.UnfitValueException;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.lifecycle.ModelDescription;
import dev.millrace.serving.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Reads a table of {@code columns}, {@code index}, which means nothing to a model, and {@code
 * data}. Where the data come before the columns, only the columns are read, and the table has to be
 * read a second time.
 */
final class SplitFrame {
  static final String FIELD = "dataframe_split";

  private static final String COLUMNS = "columns";
  private static final String DATA = "data";

  private final ModelDescription model;
  private final RequestTensors memory;
  private final boolean columnsKnown;
  private @Nullable List<String> columns;
  private @Nullable Table table;
  private boolean hasColumns;
  private boolean hasData;
  private boolean deferred;

  private SplitFrame(
      ModelDescription model,
      RequestTensors memory,
      @Nullable List<String> columns,
      boolean columnsKnown) {
    this.model = model;
    this.memory = memory;
    this.columns = columns;
    this.columnsKnown = columnsKnown;
  }

  /** For the first reading. */
  static SplitFrame first(ModelDescription model, RequestTensors memory) {
    return new SplitFrame(model, memory, null, false);
  }

  /** For the second reading, with the columns that this one has found, or with none. */
  SplitFrame second() {
    return new SplitFrame(model, memory, columns, true);
  }

  /** Whether the data came before the columns, or without, so that they have to be read again. */
  boolean deferred() {
    return deferred;
  }

  /** Consumes the object that the parser is at. */
  void read(JsonParser json) {
    if (json.currentToken() != JsonToken.START_OBJECT) {
      throw JsonBody.refusal(
          "Dataframe split format must be a dictionary. Got %s. Send {\"columns\": [...], \"data\": [[...]]}."
              .formatted(json.currentToken() == JsonToken.START_ARRAY ? "list" : "a value"));
    }
    try {
      JsonBody.readFields(json, this::field);
    } catch (UnfitValueException e) {
      throw e.within(FIELD);
    }
    if (!hasData) {
      throw malformed("no 'data'");
    }
  }

  /** The inputs, where nothing was deferred. */
  List<Tensor> tensors() {
    var read = table;
    if (read == null || read.rows() == 0) {
      throw new UnfitValueException("there are no rows; send one at least").in(DATA).within(FIELD);
    }
    return read.tensors();
  }

  private void field(String name, JsonParser json) {
    switch (name) {
      case COLUMNS -> meetColumns(json);
      case "index" -> json.skipChildren();
      case DATA -> meetData(json);
      default -> throw malformed("'" + name + "'");
    }
  }

  private void meetColumns(JsonParser json) {
    if (columnsKnown) {
      json.skipChildren();
    } else {
      columns = names(json);
      hasColumns = true;
    }
  }

  private void meetData(JsonParser json) {
    hasData = true;
    if (!columnsKnown && !hasColumns) {
      json.skipChildren();
      deferred = true;
      return;
    }
    var wanted = columns;
    table = wanted == null ? Table.unnamed(model, memory) : Table.named(model, memory, wanted);
    readData(json, table);
  }

  /** The names, which may be numbers; null where the client has none. */
  private static @Nullable List<String> names(JsonParser json) {
    if (json.currentToken() == JsonToken.VALUE_NULL) {
      return null;
    }
    if (json.currentToken() != JsonToken.START_ARRAY) {
      throw new UnfitValueException("expected a list of names").in(COLUMNS);
    }
    var names = new ArrayList<String>();
    while (json.nextToken() != JsonToken.END_ARRAY) {
      if (!json.currentToken().isScalarValue()) {
        throw new UnfitValueException("expected a name").at(names.size()).in(COLUMNS);
      }
      names.add(json.getString());
    }
    return names;
  }

  private static void readData(JsonParser json, Table table) {
    if (json.currentToken() != JsonToken.START_ARRAY) {
      throw new UnfitValueException("expected a list of rows").in(DATA);
    }
    while (json.nextToken() != JsonToken.END_ARRAY) {
      try {
        readRow(json, table);
      } catch (UnfitValueException e) {
        throw e.at(table.rows()).in(DATA);
      }
    }
  }

  /** A row that is no list is a table's only cell there. */
  private static void readRow(JsonParser json, Table table) {
    if (json.currentToken() == JsonToken.START_ARRAY) {
      long cell = 0;
      while (json.nextToken() != JsonToken.END_ARRAY) {
        try {
          table.cell(json);
        } catch (UnfitValueException e) {
          throw e.at(cell);
        }
        cell++;
      }
    } else {
      table.cell(json);
    }
    table.endRow();
  }

  private static InferenceException malformed(String found) {
    return JsonBody.refusal(
        "Dataframe split format must have 'data' field and optionally 'columns' and 'index' fields. Got %s."
            .formatted(found));
  }
}
