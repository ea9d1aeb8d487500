package dev.millrace.serving.api.mlflow;

import static dev.millrace.serving.api.json.Reading.bytes;
import static dev.millrace.serving.api.json.Reading.floats;
import static dev.millrace.serving.api.json.Reading.inputs;
import static dev.millrace.serving.api.json.Reading.model;
import static dev.millrace.serving.api.json.Reading.spec;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.api.json.Reading;
import dev.millrace.serving.lifecycle.ModelDescription;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CsvBodyTest {
  private static final ModelDescription MATRIX = model(inputs(spec("x", DataType.FP32, -1, 2)));
  private static final ModelDescription COLUMNS =
      model(inputs(spec("n", DataType.INT64, -1, 1), spec("t", DataType.BYTES, -1, 1)));

  @Test
  void takesLinesApart() {
    assertThat(lines("a,\"b,\"\"c\"\"\r\nd\", e \r\n\r\n,\n\"\""))
        .containsExactly(List.of("a", "b,\"c\"\r\nd", "e"), List.of("", ""), List.of(""));
    assertThat(lines("\ufeffa\n")).containsExactly(List.of("a"));
    assertThat(lines("")).isEmpty();
  }

  @Test
  void readsAllColumnsIntoAMatrix() {
    Reading.read(
        "a,b\n1,2.5\n-3e1,\nnan,inf\n",
        (body, memory) -> CsvBody.read(body, MATRIX, memory).inputs(),
        inputs -> {
          assertThat(inputs.getFirst().shape()).isEqualTo(Shape.of(3, 2));
          assertThat(floats(inputs.getFirst()))
              .containsExactly(1, 2.5f, -30, Float.NaN, Float.NaN, Float.POSITIVE_INFINITY);
        });
  }

  @Test
  void findsColumnsByName() {
    Reading.read(
        "other,t,n\nx,\"a,b\",9223372036854775807\n",
        (body, memory) -> CsvBody.read(body, COLUMNS, memory).inputs(),
        inputs -> {
          assertThat(inputs.getFirst().data().getLong(0)).isEqualTo(Long.MAX_VALUE);
          assertThat(inputs.getFirst().shape()).isEqualTo(Shape.of(1, 1));
          assertThat(bytes(inputs.get(1))).containsExactly(3, 0, 0, 0, 'a', ',', 'b');
        });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ''              | The CSV is empty
          a,b             | the CSV has no rows
          a,b;1,x         | Unable to read line 2, column 'b': FP32 takes a number, not 'x'
          a,b;1,0x1p3     | Unable to read line 2, column 'b': FP32 takes a number, not '0x1p3'
          a,b;1,1f        | Unable to read line 2, column 'b': FP32 takes a number, not '1f'
          a,b;1,1e39      | Unable to read line 2, column 'b': FP32 takes a number, not '1e39'
          a,b;1,2;1       | Unable to read line 3: the row has 1 cells, and the table 2 columns
          a,b;1,2,3       | Unable to read line 2: the row has more cells than the table has columns, 2
          a,b;"1,2        | line 2: a cell whose quotes do not end
          a,b;"1"x,2      | line 2: text behind the quotes of a cell
          a,a;1,2         | the column 'a' is there twice
          """)
  void saysWhatIsWrong(String csv, String message) {
    assertThat(
            Reading.invalid(
                csv.replace(';', '\n'),
                (body, memory) -> CsvBody.read(body, MATRIX, memory).inputs()))
        .startsWith(message);
  }

  private static List<List<String>> lines(String csv) {
    var reader = new CsvLines(Unpooled.copiedBuffer(csv, StandardCharsets.UTF_8));
    var lines = new ArrayList<List<String>>();
    for (var cells = reader.next(); cells != null; cells = reader.next()) {
      lines.add(cells);
    }
    return lines;
  }
}
