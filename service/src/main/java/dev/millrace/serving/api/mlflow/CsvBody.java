package dev.millrace.serving.api.mlflow;

import dev.millrace.serving.api.json.JsonBody;
import dev.millrace.serving.api.json.Question;
import dev.millrace.serving.api.json.RequestTensors;
import dev.millrace.serving.api.json.UnfitValueException;
import dev.millrace.serving.lifecycle.ModelDescription;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Reads a table of comma-separated values, whose first line names the columns. */
final class CsvBody {
  private CsvBody() {}

  static Question read(ByteBuf body, ModelDescription model, RequestTensors memory) {
    if (!ByteBufUtil.isText(body, StandardCharsets.UTF_8)) {
      throw JsonBody.refusal("The CSV is not UTF-8");
    }
    var csv = new CsvLines(body);
    var columns = csv.next();
    if (columns == null) {
      throw JsonBody.refusal(
          "The CSV is empty; send a line with the names of the columns, and one for each row");
    }
    try {
      return new Question(table(csv, columns, model, memory).tensors(), ScoringAnswer::ofTable);
    } catch (UnfitValueException e) {
      throw JsonBody.refusal(String.valueOf(e.getMessage()));
    }
  }

  private static Table table(
      CsvLines csv, List<String> columns, ModelDescription model, RequestTensors memory) {
    var table = Table.named(model, memory, columns);
    for (var cells = csv.next(); cells != null; cells = csv.next()) {
      try {
        readRow(table, columns, cells);
      } catch (UnfitValueException e) {
        throw e.within("line " + csv.lineNumber());
      }
    }
    if (table.rows() == 0) {
      throw new UnfitValueException("the CSV has no rows; send one at least");
    }
    return table;
  }

  private static void readRow(Table table, List<String> columns, List<String> cells) {
    for (int i = 0; i < cells.size(); i++) {
      try {
        table.cell(cells.get(i));
      } catch (UnfitValueException e) {
        throw i < columns.size() ? e.within(", column '" + columns.get(i) + "'") : e;
      }
    }
    table.endRow();
  }
}
