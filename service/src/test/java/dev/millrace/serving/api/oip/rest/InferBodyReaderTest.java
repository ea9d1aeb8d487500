package dev.millrace.serving.api.oip.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.serving.api.edge.StarvedAllocator;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.scheduling.CacheUse;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Tensor;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InferBodyReaderTest {
  private final Decoding decoding = new Decoding();

  @AfterEach
  void nothingLeaks() {
    decoding.assertNothingLeaked();
  }

  @Test
  void readsAWholeRequest() {
    decoding.json(
        """
        {"id":"r1","parameters":{"priority":2,"timeout":1500,"binary_data_output":true,
          "cache_control":"no-cache","free":[1]},
         "inputs":[{"name":"a","shape":[2,3],"datatype":"FP32","data":[1,2.5,-3,4e2,0.1,-0]},
                   {"name":"b","shape":[1],"datatype":"INT64","parameters":{"x":null},"data":[-7]}],
         "outputs":[{"name":"p"},{"name":"q","parameters":{"binary_data":false}}],"later":{"a":1}}
        """,
        request -> {
          assertThat(request.id()).isEqualTo("r1");
          var inference = request.toInference("m", "3", 1_000);
          assertThat(inference.model()).isEqualTo("m");
          assertThat(inference.version()).isEqualTo("3");
          assertThat(inference.outputs()).containsExactly("p", "q");
          assertThat(inference.priority()).isEqualTo(2);
          assertThat(inference.deadlineNanos()).isEqualTo(1_501_000);
          assertThat(inference.cacheUse()).isEqualTo(CacheUse.REFRESH);
          assertThat(request.wantsBinary("p")).isTrue();
          assertThat(request.wantsBinary("q")).isFalse();
          assertThat(request.wantsBinary("unnamed")).isTrue();
          assertThat(floats(request.inputs().get(0)))
              .containsExactly(1f, 2.5f, -3f, 400f, 0.1f, -0f);
          assertThat(request.inputs().get(0).shape()).isEqualTo(Shape.of(2, 3));
          assertThat(request.inputs().get(0).data().isDirect()).isTrue();
          assertThat(request.inputs().get(1).data().getLong(0)).isEqualTo(-7);
        });
  }

  @Test
  void refusesMoreInputsOrOutputsThanAModelHas() {
    var input = "{\"name\":\"a\",\"shape\":[0],\"datatype\":\"FP32\",\"data\":[]}";
    var most = "[" + (input + ",").repeat(1_023) + input + "]";
    decoding.json(
        "{\"inputs\":" + most + "}", request -> assertThat(request.inputs()).hasSize(1_024));
    assertThat(decoding.refusal("{\"inputs\":" + most.replaceFirst("\\[", "[" + input + ",") + "}"))
        .isEqualTo(
            "'inputs' has more than 1024 elements, the limit of a request; send rows as one input instead of an input for each.");
    assertThat(
            decoding.refusal(
                "{\"outputs\":[" + "{\"name\":\"p\"},".repeat(1_024) + "{\"name\":\"p\"}]}"))
        .startsWith("'outputs' has more than 1024 elements");
  }

  @Test
  void givesMemoryBackWhenThereIsNotEnough() {
    var allocator = new StarvedAllocator();
    var json =
        "{\"inputs\":[{\"name\":\"a\",\"shape\":[1],\"datatype\":\"FP32\",\"data\":[1]},"
            + "{\"name\":\"b\",\"shape\":[500],\"datatype\":\"FP32\",\"data\":["
            + "1,".repeat(499)
            + "1]}]}";
    var body = decoding.direct(json.getBytes(StandardCharsets.UTF_8));
    try {
      assertThatThrownBy(
              () ->
                  InferBodyReader.read(
                      "m", body, body.readableBytes(), new TensorMemory(allocator, 1 << 20)))
          .hasMessage("no memory on purpose");
      assertThat(allocator.bytesInUse()).isZero();
    } finally {
      body.release();
    }
  }

  @Test
  void hasNoDeadlineUnlessAsked() {
    decoding.json(
        one("\"name\":\"a\",\"shape\":[0],\"datatype\":\"FP32\",\"data\":[]"),
        request -> {
          var inference = request.toInference("m", null, 1_000);
          assertThat(inference.deadlineNanos()).isEqualTo(Long.MAX_VALUE);
          assertThat(inference.outputs()).isEmpty();
          assertThat(request.inputs().getFirst().data().remaining()).isZero();
        });
  }

  @Test
  void readsDataThatComesBeforeShapeAndDatatype() {
    decoding.json(
        one("\"data\":[[1,2],[3,4]],\"datatype\":\"INT32\",\"shape\":[2,2],\"name\":\"a\""),
        request -> assertThat(request.inputs().getFirst().data().getInt(12)).isEqualTo(4));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "[2,2]|[1,2,3,4]",
        "[2,2]|[[1,2],[3,4]]",
        "[1,2,2]|[[[1,2],[3,4]]]",
        "[4]|[1,2,3,4]",
        "[4,1]|[[1],[2],[3],[4]]",
        "[2,2]| [ [ 1 , 2 ] , [ 3 , 4 ] ]"
      })
  void takesDataFlatOrNestedAsTheShape(String shape, String data) {
    decoding.json(
        tensor(shape, "FP32", data),
        request -> assertThat(floats(request.inputs().getFirst())).containsExactly(1f, 2f, 3f, 4f));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {"[0]|[]", "[0,3]|[]", "[2,0]|[[],[]]", "[2,0]|[]"})
  void takesEmptyTensors(String shape, String data) {
    decoding.json(
        tensor(shape, "INT16", data),
        request -> assertThat(request.inputs().getFirst().data().remaining()).isZero());
  }

  @Test
  void takesAScalar() {
    decoding.json(
        tensor("[]", "BOOL", "[true]"),
        request -> assertThat(request.inputs().getFirst().data().get(0)).isEqualTo((byte) 1));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "[2,2]|[1,2,3]|at element 3: 'data' ends after 3 values, but shape [2, 2] holds 4",
        "[2,2]|[1,2,3,4,5]|at element 4: more values follow, but shape [2, 2] holds 4",
        "[2,2]|[[1,2],[3]]|an array of dimension 1 has only 1 elements, but shape [2, 2] wants 2",
        "[2,2]|[[1,2,3,4]]|an array of dimension 1 has more than 2 elements",
        "[2,2]|[[1,2],[3,4],[5,6]]|an array of dimension 0 has more than 2 elements",
        "[2,2]|[[1,[2]],[3,4]]|an array where a number was expected",
        "[2,2]|[[1,2],3]|a number where an array was expected",
        "[4]|[[1,2,3,4]]|an array where a number was expected",
        "[1]|1|a number where an array was expected",
        "[1]|[\"1\"]|a string where a number was expected",
        "[1]|[null]|null where a number was expected",
        "[1]|[NaN]|NaN, which JSON cannot carry: send this tensor as binary data",
        "[1]|[1e39]|1e39 is too large for FP32",
        "[9223372036854775807,2]|[1]|causes total element count to exceed maximum size",
        "[1000000000]|[1]|holds 1000000000 values, but only",
        "[-1]|[1]|it has -1; expected whole numbers, 0 or larger",
        "[1.5]|[1]|it has 1.5; expected whole numbers, 0 or larger"
      })
  void saysHowDataAndShapeDisagree(String shape, String data, String message) {
    assertThat(decoding.refusal(tensor(shape, "FP32", data))).contains("'a'").contains(message);
  }

  @ParameterizedTest
  @CsvSource({
    "UINT8, 256, 0 to 255",
    "UINT8, -1, 0 to 255",
    "INT8, 128, -128 to 127",
    "INT16, 32768, -32768 to 32767",
    "UINT16, 65536, 0 to 65535",
    "INT32, 2147483648, to 2147483647",
    "UINT32, 4294967296, 0 to 4294967295",
    "INT64, 9223372036854775808, to 9223372036854775807",
    "UINT64, 18446744073709551616, 0 to 18446744073709551615",
    "INT32, 1.5, -2147483648 to",
    "INT32, 1e3, -2147483648 to"
  })
  void keepsWholeNumbersInTheirRange(String type, String value, String message) {
    assertThat(decoding.refusal(tensor("[1]", type, "[" + value + "]")))
        .contains(type + " takes whole numbers from ")
        .contains(message)
        .endsWith("not " + value);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{}|has no inputs",
        "{\"inputs\":[]}|has no inputs",
        "[]|an array where an object was expected",
        "{\"inputs\":{}}|an object where an array was expected",
        "{\"inputs\":[{}]}|Unable to parse 'name': input without a name has none",
        "{\"inputs\":[{\"name\":\"a\"}]}|Unable to parse 'datatype': input 'a' has none",
        "{\"inputs\":[{\"name\":7}]}|Unable to parse 'name': expected a string",
        "{\"inputs\":[{\"name\":\"a\",\"datatype\":\"FP33\"}]}|invalid datatype 'FP33' for input 'a'",
        "{\"id\":5,\"inputs\":[]}|Unable to parse 'id': expected a string",
        "{\"id\":\"a\",\"id\":\"b\"}|the key \"id\" is there twice",
        "{\"parameters\":{\"priority\":-1}}|Unable to parse 'priority': expected a whole number",
        "{\"parameters\":{\"timeout\":\"1s\"}}|Unable to parse 'timeout'",
        "{\"parameters\":{\"cache_control\":true}}|Unable to parse 'cache_control': expected a string",
        "{\"parameters\":{\"cache_control\":\"off\"}}|it must be 'no-cache'",
        "{\"parameters\":{\"binary_data_output\":1}}|Unable to parse 'binary_data_output': expected true",
        "{\"parameters\":{\"triton_x\":1}}|parameter keys starting with 'triton_' are reserved",
        "{\"outputs\":[{}]}|an element of 'outputs' has none",
        "{\"inputs\":[]} x|'x' after the end of the JSON object"
      })
  void refusesRequestsThatAreNotWhole(String json, String message) {
    assertThat(decoding.refusal(json)).contains(message);
  }

  @Test
  void wantsDataInExactlyOneForm() {
    var head = "\"name\":\"a\",\"shape\":[1],\"datatype\":\"FP32\"";
    assertThat(decoding.refusal(one(head)))
        .startsWith("Input must set only one of the following fields: 'data', 'binary_data_size'")
        .endsWith("But input 'a' sets none");
    assertThat(
            decoding.refusal(one(head + ",\"data\":[1],\"parameters\":{\"binary_data_size\":4}")))
        .endsWith("But input 'a' sets both");
  }

  @Test
  void sendsHalfPrecisionToTheBinaryForm() {
    assertThat(decoding.refusal(tensor("[1]", "FP16", "[1]")))
        .isEqualTo(
            "receiving FP16 data via JSON is not supported. Please use the binary data format for input a");
  }

  @Test
  void namesExtensionsItLacks() {
    var output = "{\"outputs\":[{\"name\":\"p\",\"parameters\":{\"shared_memory_region\":\"r\"}}]}";
    assertThatThrownBy(() -> decoding.json(output, _ -> {}))
        .isInstanceOfSatisfying(
            InferenceException.class,
            e -> assertThat(e.failure()).isInstanceOf(InferenceFailure.Unsupported.class))
        .hasMessageContaining("'shared_memory_region' is not supported");
  }

  @Test
  void refusesTensorsThatExpandOverTheLimit() {
    int count = Decoding.LIMIT_BYTES / 8 + 1;
    var json = tensor("[" + count + "]", "FP64", "[" + "1,".repeat(count - 1) + "1]");
    assertThatThrownBy(() -> decoding.json(json, _ -> {}))
        .isInstanceOfSatisfying(
            InferenceException.class,
            e -> assertThat(e.failure()).isInstanceOf(InferenceFailure.TooLarge.class))
        .hasMessageContaining("exceed the limit of 1048576 bytes");
  }

  @Test
  void readsStringsAsLengthAndBytes() {
    decoding.json(
        tensor("[2]", "BYTES", "[\"\\u00e9\",\"\"]"),
        request -> {
          var data = request.inputs().getFirst().data();
          assertThat(data.remaining()).isEqualTo(10);
          assertThat(data.getInt(0)).isEqualTo(2);
          assertThat(data.get(4)).isEqualTo((byte) 0xc3);
          assertThat(data.getInt(6)).isZero();
        });
  }

  @Test
  void takesBinaryTensorsInTheirOrder() {
    var json =
        """
        {"inputs":[{"name":"a","shape":[2],"datatype":"INT16","parameters":{"binary_data_size":4}},
        {"name":"j","shape":[1],"datatype":"FP32","data":[5]},
        {"name":"b","shape":[1],"datatype":"BYTES","parameters":{"binary_data_size":5}}]}""";
    decoding.body(
        bytes(json, 1, 0, 2, 0, 1, 0, 0, 0, 'x'),
        json.length(),
        request -> {
          assertThat(request.inputs()).extracting(Tensor::name).containsExactly("a", "j", "b");
          assertThat(request.inputs().get(0).data().getShort(2)).isEqualTo((short) 2);
          assertThat(floats(request.inputs().get(1))).containsExactly(5f);
          assertThat(request.inputs().get(2).data().get(4)).isEqualTo((byte) 'x');
          assertThat(request.inputs().get(2).type()).isEqualTo(DataType.BYTES);
        });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "FP32|[1]|4|3|unexpected size for input 'a', expecting 1 additional bytes for model 'm'",
        "FP32|[1]|4|5|unexpected additional input data for model 'm': 1 bytes after the last input",
        "FP32|[2]|4|4|unexpected total byte size 4 for input 'a': shape [2] of FP32 holds 2 values",
        "FP32|[4611686018427387904]|0|0|unexpected total byte size 0 for input 'a'",
        "BYTES|[1]|3|3|incomplete string data for inference input 'a' at element 0",
        "BYTES|[1]|8|8|expected 1 strings for inference input 'a' of shape [1], got 2"
      })
  void checksTheSizesOfBinaryTensors(
      String type, String shape, int said, int sent, String message) {
    var json =
        "{\"inputs\":[{\"name\":\"a\",\"shape\":%s,\"datatype\":\"%s\",\"parameters\":{\"binary_data_size\":%d}}]}"
            .formatted(shape, type, said);
    assertThatThrownBy(() -> decoding.body(bytes(json, new int[sent]), json.length(), _ -> {}))
        .isInstanceOf(InferenceException.class)
        .hasMessageContaining(message);
  }

  private static byte[] bytes(String json, int... binary) {
    var text = json.getBytes(StandardCharsets.US_ASCII);
    var all = Arrays.copyOf(text, text.length + binary.length);
    for (int i = 0; i < binary.length; i++) {
      all[text.length + i] = (byte) binary[i];
    }
    return all;
  }

  private static String tensor(String shape, String type, String data) {
    return one(
        "\"name\":\"a\",\"shape\":%s,\"datatype\":\"%s\",\"data\":%s".formatted(shape, type, data));
  }

  private static String one(String input) {
    return "{\"inputs\":[{" + input + "}]}";
  }

  private static List<Float> floats(Tensor tensor) {
    var floats = new ArrayList<Float>();
    for (int i = 0; i < tensor.data().remaining(); i += 4) {
      floats.add(tensor.data().getFloat(i));
    }
    return floats;
  }
}
