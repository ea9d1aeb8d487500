package dev.millrace.serving.api.mlflow;

import static dev.millrace.serving.api.json.Reading.floats;
import static dev.millrace.serving.api.json.Reading.inputs;
import static dev.millrace.serving.api.json.Reading.model;
import static dev.millrace.serving.api.json.Reading.spec;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.protocol.oip.ModelConfig;
import dev.millrace.protocol.packaging.SignatureColumn;
import dev.millrace.protocol.packaging.SignatureColumn.Values;
import dev.millrace.serving.api.json.Reading;
import dev.millrace.serving.lifecycle.ModelDescription;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ScoringBodyTest {
  private static final ModelDescription MATRIX = model(inputs(spec("x", DataType.FP32, -1, 3)));
  private static final ModelDescription DECLARED =
      declaring(Stream.of("a", "b", "c").map(SignatureColumn::named).toList());
  private static final ModelDescription TYPED =
      declaring(
          List.of(
              new SignatureColumn("a", Values.INTEGER, true),
              new SignatureColumn("b", Values.LONG, false),
              SignatureColumn.named("c")));
  private static final ModelDescription COLUMNS =
      model(inputs(spec("age", DataType.FP32, -1, 1), spec("name", DataType.BYTES, -1)));
  private static final ModelDescription PICTURES =
      model(inputs(spec("image", DataType.FP32, -1, 1, 2, 2)));

  @ParameterizedTest
  @ValueSource(
      strings = {
        """
        {"dataframe_split":{"columns":["a","b","c"],"data":[[1,2,3],[4,null,6]]}}
        """,
        """
        {"dataframe_split":{"data":[[1,2,3],[4,NaN,6]],"index":[0,1],"columns":["a","b","c"]}}
        """,
        """
        {"dataframe_split":{"data":[[1,2,3],[4,null,6]]}}
        """,
        """
        {"dataframe_split":{"columns":[0,1,2],"data":[[1,2,3],[4,null,6]]},"params":{"t":0.5}}
        """,
        """
        {"params":null,"dataframe_records":[{"a":1,"b":2,"c":3},{"c":6,"b":null,"a":4}]}
        """,
        """
        {"dataframe_records":[{"a":1,"b":2,"c":3},{"c":6,"a":4}]}
        """,
        """
        {"instances":[[1,2,3],[4,NaN,6]]}
        """,
        """
        {"inputs":[[1,2,3],[4,NaN,6]]}
        """,
        """
        {"inputs":{"x":[[1,2,3],[4,NaN,6]]}}
        """
      })
  void readsTheSameMatrixInAllForms(String body) {
    Reading.read(
        body,
        (bytes, memory) -> ScoringBody.read(bytes, MATRIX, memory).inputs(),
        inputs -> {
          assertThat(inputs.getFirst().shape()).isEqualTo(Shape.of(2, 3));
          assertThat(floats(inputs.getFirst())).containsExactly(1, 2, 3, 4, Float.NaN, 6);
        });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        """
        {"dataframe_split":{"columns":["name","other","age"],"data":[["a",true,1],["b",{"x":1},2]]}}
        """,
        """
        {"dataframe_split":{"data":[[1,"a"],[2,"b"]]}}
        """,
        """
        {"dataframe_records":[{"name":"a","age":1,"other":[1]},{"age":2,"name":"b"}]}
        """
      })
  void findsColumnsByTheNamesOfTheInputs(String body) {
    Reading.read(
        body,
        (bytes, memory) -> ScoringBody.read(bytes, COLUMNS, memory).inputs(),
        inputs -> {
          assertThat(inputs.getFirst().shape()).isEqualTo(Shape.of(2, 1));
          assertThat(floats(inputs.getFirst())).containsExactly(1, 2);
          assertThat(inputs.get(1).shape()).isEqualTo(Shape.of(2));
        });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        """
        {"dataframe_split":{"columns":["c","extra","a","b"],"data":[[3,"x",1,2],[6,null,4,5]]}}
        """,
        """
        {"dataframe_records":[{"c":3,"extra":[1],"b":2,"a":1},{"a":4,"b":5,"c":6}]}
        """
      })
  void putsColumnsInTheOrderThatIsDeclared(String body) {
    Reading.read(
        body,
        (bytes, memory) -> ScoringBody.read(bytes, DECLARED, memory).inputs(),
        inputs -> assertThat(floats(inputs.getFirst())).containsExactly(1, 2, 3, 4, 5, 6));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"dataframe_split":{"columns":["c","a"],"data":[[3,1]]}} | Unable to read dataframe_split: the table has no column 'b'; the model takes [a, b, c]
          {"dataframe_records":[{"c":3,"a":1}]} | Unable to read dataframe_records[0]: the table has no column 'b'; the model takes [a, b, c]
          """)
  void wantsTheColumnsThatAreDeclared(String body, String message) {
    assertThat(
            Reading.invalid(
                body, (bytes, memory) -> ScoringBody.read(bytes, DECLARED, memory).inputs()))
        .isEqualTo(message);
  }

  @Test
  void takesCellsThatAreTensors() {
    for (var cell : new String[] {"[[[1,2],[3,4]]]", "[1,2,3,4]"}) {
      Reading.read(
          "{\"dataframe_split\":{\"columns\":[\"image\"],\"data\":[[%s]]}}".formatted(cell),
          (bytes, memory) -> ScoringBody.read(bytes, PICTURES, memory).inputs(),
          inputs -> assertThat(inputs.getFirst().shape()).isEqualTo(Shape.of(1, 1, 2, 2)));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {}                                   | The input must be a JSON dictionary with exactly one of the input fields
          [1]                                  | The input must be a JSON dictionary with exactly one of the input fields
          {"a":1}                              | The input must be a JSON dictionary with exactly one of the input fields {'dataframe_split', 'dataframe_records', 'instances', 'inputs'}. Received dictionary with input fields: [a]
          {"inputs":[[1,2,3]],"instances":[[1,2,3]]} | The input must be a JSON dictionary with exactly one
          {"inputs":[[1,2,3]],"dataframe_split":{"data":[[1,2,3]]}} | The input must be a JSON dictionary with exactly one
          {"dataframe_split":{"data":[[1,2,3]]},"inputs":[[1,2,3]]} | The input must be a JSON dictionary with exactly one
          {"inputs":[[1,2,3]],"params":5}      | 'params' must be an object
          {"dataframe_split":[]}               | Dataframe split format must be a dictionary. Got list.
          {"dataframe_split":{}}               | Dataframe split format must have 'data' field
          {"dataframe_split":{"data":[[1,2,3]],"rows":1}} | Dataframe split format must have 'data' field and optionally 'columns' and 'index' fields. Got 'rows'.
          {"dataframe_split":{"columns":["a","b","c"],"data":[]}} | Unable to read dataframe_split.data: there are no rows
          {"dataframe_split":{"columns":["a","b","c"],"data":[[1,2]]}} | Unable to read dataframe_split.data[0]: the row has 2 cells, and the table 3 columns
          {"dataframe_split":{"columns":["a","b","c"],"data":[[1,2,3,4]]}} | Unable to read dataframe_split.data[0][3]: the row has more cells than the table has columns, 3
          {"dataframe_split":{"columns":["a","b","c"],"data":[[1,2,"3"]]}} | Unable to read dataframe_split.data[0][2]: FP32 takes a number, not a string
          {"dataframe_split":{"columns":["a","a","c"],"data":[[1,2,3]]}} | Unable to read dataframe_split: the column 'a' is there twice
          {"dataframe_split":{"data":[[1,2],[1]]}} | Unable to read dataframe_split.data[1]: the row has 1 cells, and the table 2 columns
          {"dataframe_records":{"a":1}}        | Dataframe records format must be a list of records. Got dictionary.
          {"dataframe_records":[]}             | Unable to read dataframe_records: there are no rows
          {"dataframe_records":[1]}            | Unable to read dataframe_records[0]: expected an object
          {"dataframe_records":[{"a":1,"b":2},{"a":1,"c":2}]} | Unable to read dataframe_records[1]: the record has a column 'c', which the first has not
          {"dataframe_records":[{"a":1},{"a":"x"}]} | Unable to read dataframe_records[1].a: FP32 takes a number, not a string
          {"instances":[[1,2,3],[1]]}          | Unable to read instances[1]: a list of 1 where those before have 3
          """)
  void saysWhatIsWrong(String body, String message) {
    assertThat(
            Reading.invalid(
                body, (bytes, memory) -> ScoringBody.read(bytes, MATRIX, memory).inputs()))
        .startsWith(message);
  }

  @Test
  void refusesDeepNestingWhereNobodyLooks() {
    assertThat(
            Reading.invalid(
                "{\"other\":" + "[".repeat(100) + "]".repeat(100) + "}",
                (bytes, memory) -> ScoringBody.read(bytes, MATRIX, memory).inputs()))
        .startsWith("JSON Parse error: ");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"dataframe_split":{"columns":["age"],"data":[[1]]}} | Unable to read dataframe_split: the table has no column 'name'; it has [age], and the model takes a column for each of its inputs [age, name].
          {"dataframe_records":[{"age":1}]}    | Unable to read dataframe_records[0]: there is no value for input 'name'
          {"dataframe_records":[{"age":1,"name":"a"},{"age":1}]} | Unable to read dataframe_records[1].name: a value is missing, which only a floating-point input can take, and this one is BYTES
          {"dataframe_records":[{"age":1,"age":2,"name":"a"}]} | Unable to read dataframe_records[0]: input 'age' is there twice
          """)
  void saysWhichColumnIsMissing(String body, String message) {
    assertThat(
            Reading.invalid(
                body, (bytes, memory) -> ScoringBody.read(bytes, COLUMNS, memory).inputs()))
        .startsWith(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        "{`dataframe_split`:{`columns`:[`c`,`a`],`data`:[[3.5,1],[6.5,4]]}}",
        "{`dataframe_split`:{`columns`:[`a`,`b`,`c`],`data`:[[1,null,3.5],[4.0,null,6.5]]}}",
        "{`dataframe_records`:[{`c`:3.5,`a`:1},{`a`:4,`c`:6.5}]}"
      })
  void fillsOptionalColumnsWithMissingNumbers(String body) {
    Reading.read(
        body.replace('`', '"'),
        (bytes, memory) -> ScoringBody.read(bytes, TYPED, memory).inputs(),
        inputs ->
            assertThat(floats(inputs.getFirst()))
                .containsExactly(1, Float.NaN, 3.5f, 4, Float.NaN, 6.5f));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'dataframe_split':{'columns':['a','c'],'data':[[1.5,2]]}} | dataframe_split.data[0][0]: the column 'a' is of type integer in the model's signature, and does not take 1.5",
        "{'dataframe_split':{'columns':['a','c'],'data':[[2147483648,2]]}} | the column 'a' is of type integer",
        "{'dataframe_split':{'columns':['a','c'],'data':[[null,2]]}} | does not take null",
        "{'dataframe_split':{'columns':['a','c'],'data':[['x',2]]}} | does not take a string",
        "{'dataframe_records':[{'a':1,'b':0.5,'c':2}]} | dataframe_records[0].b: the column 'b' is of type long",
        "{'dataframe_records':[{'b':1,'c':2}]} | the table has no column 'a'; the model takes [a, b, c]",
        "{'dataframe_split':{'columns':['a','b'],'data':[[1,2]]}} | the table has no column 'c'"
      },
      quoteCharacter = '^')
  void refusesWhatTheSignatureDoesNotTake(String body, String message) {
    assertThat(
            Reading.invalid(
                body.replace('\'', '"'),
                (bytes, memory) -> ScoringBody.read(bytes, TYPED, memory).inputs()))
        .contains(message);
  }

  private static ModelDescription declaring(List<SignatureColumn> columns) {
    return new ModelDescription(
        "m",
        "1",
        List.of("1"),
        "onnx",
        MATRIX.signature(),
        8,
        List.of(),
        null,
        ModelConfig.getDefaultInstance(),
        Map.of(),
        columns);
  }
}
