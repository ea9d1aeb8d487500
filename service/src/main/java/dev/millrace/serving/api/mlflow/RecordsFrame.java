package dev.millrace.serving.api.mlflow;

import dev.millrace.serving.api.json.InputCollectors;
import dev.millrace.serving.api.json.JsonBody;
import dev.millrace.serving.api.json.Missing;
import dev.millrace.serving.api.json.RequestTensors;
import dev.millrace.serving.api.json.TensorCollector;
import dev.millrace.serving.api.json.UnfitValueException;
import dev.millrace.serving.lifecycle.ModelDescription;
import dev.millrace.serving.tensor.Tensor;
import java.util.List;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Reads a table of records, objects with a value for each column. What a record lacks is a missing
 * number. The keys find their inputs as the columns of a {@link Table} do, where those of the first
 * record say which columns there are.
 */
final class RecordsFrame {
  static final String FIELD = "dataframe_records";

  private final InputCollectors inputs;
  private final RecordColumns columns;
  private long records;
  private boolean byRow;

  private RecordsFrame(ModelDescription model, RequestTensors memory) {
    inputs = new InputCollectors(model.signature(), memory, Missing.NOT_A_NUMBER);
    columns = new RecordColumns(DeclaredColumns.of(model));
  }

  /** Consumes the list that the parser is at. */
  static List<Tensor> read(JsonParser json, ModelDescription model, RequestTensors memory) {
    if (json.currentToken() != JsonToken.START_ARRAY) {
      throw JsonBody.refusal(
          "Dataframe records format must be a list of records. Got %s. Send [{\"column\": value}]."
              .formatted(json.currentToken() == JsonToken.START_OBJECT ? "dictionary" : "a value"));
    }
    var frame = new RecordsFrame(model, memory);
    try {
      frame.readRecords(json);
    } catch (UnfitValueException e) {
      throw e.within(FIELD);
    }
    return frame.inputs.rowsAsDeclared();
  }

  private void readRecords(JsonParser json) {
    while (json.nextToken() != JsonToken.END_ARRAY) {
      try {
        readRecord(json);
      } catch (UnfitValueException e) {
        throw e.at(records);
      }
      records++;
    }
    if (records == 0) {
      throw new UnfitValueException("there are no rows; send one at least");
    }
  }

  private void readRecord(JsonParser json) {
    if (json.currentToken() != JsonToken.START_OBJECT) {
      throw new UnfitValueException("expected an object with a value for each column");
    }
    var first = json.nextToken();
    if (Table.isMatrix(inputs)
        && first == JsonToken.PROPERTY_NAME
        && (records > 0 ? byRow : !isInput(json.currentName()))) {
      readRow(json);
    } else {
      readNamed(json);
    }
  }

  private void readRow(JsonParser json) {
    var input = inputs.only();
    byRow = true;
    for (; json.currentToken() != JsonToken.END_OBJECT; json.nextToken()) {
      var name = json.currentName();
      boolean taken = columns.meet(name, records == 0);
      json.nextToken();
      if (!taken) {
        json.skipChildren();
        continue;
      }
      try {
        columns.check(json);
        input.readCell(json);
      } catch (UnfitValueException e) {
        throw e.in(name);
      }
    }
    columns.requireComplete(records == 0);
    for (int missing = columns.missing(); missing > 0; missing--) {
      input.readMissingCell();
    }
    input.endRow(columns.endRecord());
  }

  private void readNamed(JsonParser json) {
    for (; json.currentToken() != JsonToken.END_OBJECT; json.nextToken()) {
      var name = json.currentName();
      json.nextToken();
      if (isInput(name)) {
        readValue(json, inputs.named(name));
      } else {
        json.skipChildren();
      }
    }
    for (var input : inputs.all()) {
      if (input.values() == records) {
        addMissing(input);
      }
    }
    inputs.requireValues(records + 1);
  }

  private static void readValue(JsonParser json, TensorCollector input) {
    try {
      input.read(json);
    } catch (UnfitValueException e) {
      throw e.in(input.spec().name());
    }
  }

  /** A column that the first record lacks is a mistake rather than a missing number. */
  private void addMissing(TensorCollector input) {
    if (records == 0) {
      throw new UnfitValueException(
          "there is no value for input '%s'; the model takes a column for each of %s"
              .formatted(input.spec().name(), inputs.names()));
    }
    try {
      input.readMissing();
    } catch (UnfitValueException e) {
      throw e.in(input.spec().name());
    }
  }

  private boolean isInput(String name) {
    return inputs.all().stream().anyMatch(input -> input.spec().name().equals(name));
  }
}
