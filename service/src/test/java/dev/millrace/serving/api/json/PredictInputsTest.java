package dev.millrace.serving.api.json;

import static dev.millrace.serving.api.json.Reading.bytes;
import static dev.millrace.serving.api.json.Reading.floats;
import static dev.millrace.serving.api.json.Reading.inputs;
import static dev.millrace.serving.api.json.Reading.spec;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PredictInputsTest {
  private static final Signature FLOATS = inputs(spec("x", DataType.FP32, -1, 2));
  private static final Signature TWO =
      inputs(spec("tag", DataType.BYTES, -1), spec("signal", DataType.INT64, -1, 2));

  @Test
  void readsRowsOfTheOnlyInput() {
    rows(
        "[[1, 2.5], [-3e2, 4]]",
        FLOATS,
        inputs -> {
          assertThat(inputs.getFirst().name()).isEqualTo("x");
          assertThat(inputs.getFirst().shape()).isEqualTo(Shape.of(2, 2));
          assertThat(floats(inputs.getFirst())).containsExactly(1, 2.5f, -300, 4);
        });
  }

  @Test
  void readsRowsThatAreSingleValues() {
    rows("[1,2,5]", FLOATS, inputs -> assertThat(inputs.getFirst().shape()).isEqualTo(Shape.of(3)));
  }

  @Test
  void readsRowsByNameInAnyOrder() {
    rows(
        """
        [{"tag":"foo","signal":[1,2]},{"signal":[3,9223372036854775807],"tag":"bär"}]
        """,
        TWO,
        inputs -> {
          assertThat(texts(inputs.getFirst())).containsExactly("foo", "bär");
          assertThat(inputs.getFirst().shape()).isEqualTo(Shape.of(2));
          assertThat(inputs.get(1).shape()).isEqualTo(Shape.of(2, 2));
          assertThat(inputs.get(1).data().getLong(24)).isEqualTo(Long.MAX_VALUE);
        });
  }

  @Test
  void readsTheOnlyInputByNameToo() {
    rows("[{\"x\":[1,2]}]", FLOATS, inputs -> assertThat(floats(inputs.getFirst())).hasSize(2));
    columns("{\"x\":[[1,2]]}", FLOATS, inputs -> assertThat(floats(inputs.getFirst())).hasSize(2));
  }

  @Test
  void readsColumnsWhoseFirstDimensionsDiffer() {
    columns(
        """
        {"tag":["a"],"signal":[[1,2],[3,4],[5,6]]}
        """,
        TWO,
        inputs -> {
          assertThat(inputs.getFirst().shape()).isEqualTo(Shape.of(1));
          assertThat(inputs.get(1).shape()).isEqualTo(Shape.of(3, 2));
        });
  }

  @Test
  void readsAScalarAsATensorWithoutDimensions() {
    columns(
        "7",
        inputs(spec("x", DataType.INT32)),
        inputs -> assertThat(inputs.getFirst().shape()).isEqualTo(Shape.of()));
  }

  @Test
  void readsBytesInBase64() {
    var signature = inputs(spec("x", DataType.BYTES, -1));
    rows(
        "[{\"b64\":\"AP/+\"},\"ab\"]",
        signature,
        inputs ->
            assertThat(bytes(inputs.getFirst()))
                .containsExactly(3, 0, 0, 0, 0, 0xff, 0xfe, 2, 0, 0, 0, 'a', 'b'));
    rows(
        "[{\"x\":{\"b64\":\"\"}}]",
        signature,
        inputs -> assertThat(bytes(inputs.getFirst())).containsExactly(0, 0, 0, 0));
    columns(
        "{\"b64\":\"YQ==\"}",
        signature,
        inputs -> assertThat(texts(inputs.getFirst())).containsExactly("a"));
  }

  @Test
  void takesWhatJsonCannotCarryButTheseClientsWrite() {
    rows(
        "[[NaN,Infinity],[-Infinity,0]]",
        FLOATS,
        inputs ->
            assertThat(floats(inputs.getFirst()))
                .containsExactly(Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 0));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          [[1,2],[3]]          | Unable to read instances[1]: a list of 1 where those before have 2
          [[1,2],[3,4,5]]      | Unable to read instances[1]: a list of more than 2 where those before have 2
          [[1,2],3]            | Unable to read instances[1]: a single value where those before are lists
          [[1,2],[3,[4]]]      | Unable to read instances[1][1]: a list where those before are single values
          [[1,[2]]]            | Unable to read instances[0][1]: a list where those before are single values
          [[1,"2"]]            | Unable to read instances[0][1]: FP32 takes a number, not a string
          [[1,null]]           | Unable to read instances[0][1]: FP32 takes a number, not null
          [[1,true]]           | Unable to read instances[0][1]: FP32 takes a number, not true
          [[1,{"b64":"YQ=="}]] | Unable to read instances[0][1]: FP32 takes a number, not an object
          [[1,1e39]]           | Unable to read instances[0][1]: 1e39 is too large for FP32
          []                   | Unable to read instances: there are no rows; send one at least
          3                    | Unable to read instances: expected a list with an element for each row, not 3
          [{"y":[1,2]}]        | Unable to read instances[0]: the model has no input 'y'; it has [x]
          [{}]                 | Unable to read instances[0]: there is no value for input 'x'; send one for each of [x]
          [{"x":[1,2],"x":[1,2]}] | Unable to read instances[0]: input 'x' is there twice
          [{"x":[1,2]},{"x":[1,"a"]}] | Unable to read instances[1].x[1]: FP32 takes a number, not a string
          """)
  void saysWhereRowsAreWrong(String rows, String message) {
    assertThat(rowsRefusal(rows, FLOATS)).isEqualTo(message);
  }

  @Test
  void asksForNamesWhereThereAreSeveralInputs() {
    assertThat(rowsRefusal("[[1,2]]", TWO))
        .isEqualTo(
            "Unable to read instances[0]: the model has the inputs [tag, signal]: send an object with a value for each");
    assertThat(Reading.invalid("{\"inputs\":[1]}", columnsReader(TWO)))
        .startsWith("Unable to read inputs: the model has the inputs [tag, signal]");
    assertThat(Reading.invalid("{\"inputs\":{\"tag\":[\"a\"]}}", columnsReader(TWO)))
        .startsWith("Unable to read inputs: there is no value for input 'signal'");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          BOOL   | 1                    | BOOL takes true or false, not 1
          UINT8  | 256                  | UINT8 takes whole numbers from 0 to 255, not 256
          UINT8  | -1                   | UINT8 takes whole numbers from 0 to 255, not -1
          INT8   | 128                  | INT8 takes whole numbers from -128 to 127, not 128
          UINT16 | 65536                | UINT16 takes whole numbers from 0 to 65535, not 65536
          INT16  | -32769               | INT16 takes whole numbers from -32768 to 32767, not -32769
          UINT32 | 4294967296           | UINT32 takes whole numbers from 0 to 4294967295, not 4294967296
          INT32  | 2147483648           | INT32 takes whole numbers from -2147483648 to 2147483647, not 2147483648
          INT64  | 9223372036854775808  | INT64 takes whole numbers from -9223372036854775808 to 9223372036854775807, not 9223372036854775808
          UINT64 | 18446744073709551616 | UINT64 takes whole numbers from 0 to 18446744073709551615, not 18446744073709551616
          UINT64 | -1                   | UINT64 takes whole numbers from 0 to 18446744073709551615, not -1
          INT64  | 1.0                  | INT64 takes a whole number, not 1.0
          FP16   | 70000                | 70000 is too large for FP16
          BF16   | 3.4e38               | 3.4e38 is too large for BF16
          FP64   | 1e999                | 1e999 is too large for FP64
          BYTES  | 5                    | BYTES takes a string or {"b64": "…"}, not 5
          """)
  void refusesWhatADatatypeCannotHold(DataType type, String value, String message) {
    assertThat(rowsRefusal("[" + value + "]", inputs(spec("x", type, -1))))
        .isEqualTo("Unable to read instances[0]: " + message);
  }

  @Test
  void keepsEveryBitOfWholeNumbers() {
    rows(
        "[9007199254740993,-9223372036854775808]",
        inputs(spec("x", DataType.INT64, -1)),
        inputs -> {
          assertThat(inputs.getFirst().data().getLong(0)).isEqualTo(9007199254740993L);
          assertThat(inputs.getFirst().data().getLong(8)).isEqualTo(Long.MIN_VALUE);
        });
    rows(
        "[18446744073709551615]",
        inputs(spec("x", DataType.UINT64, -1)),
        inputs -> assertThat(inputs.getFirst().data().getLong(0)).isEqualTo(-1));
  }

  @Test
  void roundsToTheNearestFloatOnce() {
    // Just above the middle between two floats; by way of a double it would be the middle itself.
    rows(
        "[1.00000005960464477541]",
        inputs(spec("x", DataType.FP32, -1)),
        inputs ->
            assertThat(floats(inputs.getFirst()))
                .containsExactly(Float.parseFloat("1.00000005960464477541")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"b64":"?"}             | 'b64' is not base64
          {"b64":5}               | an object stands for bytes only as
          {"b64":"YQ==","c":1}    | an object stands for bytes only as
          "\\ud800"               | a string with half a surrogate pair
          """)
  void refusesStringsThatAreNone(String value, String message) {
    assertThat(rowsRefusal("[" + value + "]", inputs(spec("x", DataType.BYTES, -1))))
        .startsWith("Unable to read instances[0]: " + message);
  }

  @Test
  void refusesWhatIsNoJson() {
    for (var body :
        List.of(
            "",
            "{",
            "[]",
            "{}x",
            "{\"instances\":[1}",
            "{\"instances\":[01]}",
            "{'instances':1}")) {
      assertThat(Reading.refusal(body, rowsReader(FLOATS)))
          .as(body)
          .isInstanceOf(InferenceFailure.Invalid.class);
    }
    assertThat(Reading.invalid("{\"instances\":[1],\"instances\":[1]}", rowsReader(FLOATS)))
        .isEqualTo("the key \"instances\" is there twice");
  }

  @Test
  void refusesWhatIsNotUtf8() {
    try {
      Reading.read(new byte[] {'{', '"', (byte) 0xff, '"'}, rowsReader(FLOATS), _ -> {});
      throw new AssertionError("Not refused");
    } catch (InferenceException e) {
      assertThat(e.failure().message()).isEqualTo("JSON Parse error: the body is not UTF-8");
    }
  }

  @Test
  void refusesMoreThanTheLimit() {
    var rows = "[" + "1,".repeat(Reading.LIMIT_BYTES / 8) + "1]";
    assertThat(
            Reading.refusal(
                "{\"instances\":" + rows + "}", rowsReader(inputs(spec("x", DataType.FP64, -1)))))
        .isInstanceOf(InferenceFailure.TooLarge.class);
  }

  @Test
  void takesExactlyTheLimit() {
    rows(
        "[" + "1,".repeat(Reading.LIMIT_BYTES / 8 - 1) + "1]",
        inputs(spec("x", DataType.FP64, -1)),
        inputs -> assertThat(inputs.getFirst().data().remaining()).isEqualTo(Reading.LIMIT_BYTES));
  }

  private static List<String> texts(Tensor tensor) {
    var data = ByteBuffer.wrap(bytes(tensor)).order(ByteOrder.LITTLE_ENDIAN);
    var texts = new ArrayList<String>();
    while (data.hasRemaining()) {
      var text = new byte[data.getInt()];
      data.get(text);
      texts.add(new String(text, StandardCharsets.UTF_8));
    }
    return texts;
  }

  private static void rows(String rows, Signature signature, Consumer<List<Tensor>> check) {
    Reading.read("{\"instances\":" + rows + "}", rowsReader(signature), check);
  }

  private static String rowsRefusal(String rows, Signature signature) {
    return Reading.invalid("{\"instances\":" + rows + "}", rowsReader(signature));
  }

  private static void columns(String columns, Signature signature, Consumer<List<Tensor>> check) {
    Reading.read("{\"inputs\":" + columns + "}", columnsReader(signature), check);
  }

  private static Reading.Reader rowsReader(Signature signature) {
    return (body, memory) -> {
      var read = new ArrayList<Tensor>();
      JsonBody.read(
          body,
          "An object is wanted.",
          (_, json) -> read.addAll(PredictInputs.instances(json, signature, memory)));
      return read;
    };
  }

  private static Reading.Reader columnsReader(Signature signature) {
    return (body, memory) -> {
      var read = new ArrayList<Tensor>();
      JsonBody.read(
          body,
          "An object is wanted.",
          (_, json) -> read.addAll(PredictInputs.inputs(json, signature, memory)));
      return read;
    };
  }
}
