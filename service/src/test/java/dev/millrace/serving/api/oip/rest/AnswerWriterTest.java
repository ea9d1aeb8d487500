package dev.millrace.serving.api.oip.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Tensor;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AnswerWriterTest {
  private final Decoding decoding = new Decoding();
  private final AnswerWriter writer = new AnswerWriter();

  @AfterEach
  void nothingLeaks() {
    decoding.assertNothingLeaked();
  }

  @Test
  void printsFieldsInTritonsOrder() {
    var request = new DecodedRequest();
    request.identify("r\"1");
    assertThat(print(request, Tensors.floats("p", 0.5f, 1, -2.25f)))
        .isEqualTo(
            """
            {"model_name":"m","model_version":"1","id":"r\\"1","outputs":[{"name":"p","datatype":"FP32","shape":[1,3],"data":[0.5,1.0,-2.25]}]}""");
  }

  @Test
  void printsEveryKindOfElement() {
    var one = Shape.of(2);
    assertThat(
            print(
                new DecodedRequest(),
                Tensors.of("b", DataType.BOOL, one, 1, 0),
                Tensors.of("u", DataType.UINT8, one, 255, 0),
                Tensors.of("i", DataType.INT8, one, 255, 127),
                Tensors.of("w", DataType.UINT16, Shape.of(1), 255, 255),
                Tensors.of(
                    "l", DataType.UINT64, Shape.of(1), 255, 255, 255, 255, 255, 255, 255, 255),
                Tensors.of("n", DataType.INT64, Shape.of(1), 0, 0, 0, 0, 0, 0, 0, 128),
                Tensors.of("d", DataType.FP64, Shape.of(1), 0, 0, 0, 0, 0, 0, 240, 63),
                Tensors.of("s", DataType.BYTES, Shape.of(1), 4, 0, 0, 0, 'a', 1, 0xc3, 0xa9)))
        .contains("\"data\":[true,false]")
        .contains("\"data\":[255,0]")
        .contains("\"data\":[-1,127]")
        .contains("\"data\":[65535]")
        .contains("\"data\":[18446744073709551615]")
        .contains("\"data\":[-9223372036854775808]")
        .contains("\"data\":[1.0]")
        .contains("\"data\":[\"a\\u0001é\"]");
  }

  @Test
  void putsBinaryTensorsBehindTheJson() {
    var request = new DecodedRequest();
    request.add(new RequestedOutput("p", RequestedOutput.Form.BINARY));
    var outputs = List.of(Tensors.floats("p", 1, 2), Tensors.floats("q", 3));
    var encoded = writer.write(new FakeAnswer(outputs), request, decoding.allocator());
    assertThat(encoded.hasBinaryTensors()).isTrue();
    assertThat(encoded.body().toString(0, encoded.jsonBytes(), StandardCharsets.UTF_8))
        .endsWith(
            """
            "outputs":[{"name":"p","datatype":"FP32","shape":[1,2],"parameters":{"binary_data_size":8}},{"name":"q","datatype":"FP32","shape":[1,1],"data":[3.0]}]}""");
    assertThat(encoded.body().getFloatLE(encoded.jsonBytes() + 4)).isEqualTo(2);
    encoded.body().release();
  }

  @Test
  void namesTheOutputThatHasNoNumber() {
    assertThatThrownBy(() -> print(new DecodedRequest(), Tensors.floats("p", 1, Float.NaN)))
        .isInstanceOf(InferenceException.class)
        .hasMessage(
            "Output 'p' has NaN at element 1, which JSON cannot carry. Ask for it as binary data:"
                + " {\"name\":\"p\",\"parameters\":{\"binary_data\":true}} in 'outputs'.");
    assertThat(print(new DecodedRequest(), Tensors.floats("p", 7)))
        .as("the writer works on after a failure")
        .contains("[7.0]");
  }

  @Test
  void namesTheOutputThatIsNotText() {
    var output = Tensors.of("s", DataType.BYTES, Shape.of(1), 1, 0, 0, 0, 0xff);
    assertThatThrownBy(() -> print(new DecodedRequest(), output))
        .hasMessageContaining("Output 's' has bytes at element 0 that are not UTF-8");
  }

  @ParameterizedTest
  @EnumSource(names = {"FP16", "BF16"})
  void sendsHalfPrecisionToTheBinaryForm(DataType type) {
    assertThatThrownBy(() -> print(new DecodedRequest(), Tensors.of("h", type, Shape.of(1), 0, 0)))
        .hasMessage(
            "sending %s data via JSON is not supported. Please use the binary data format for output 'h'"
                .formatted(type));
  }

  private String print(DecodedRequest request, Tensor... outputs) {
    var encoded = writer.write(new FakeAnswer(List.of(outputs)), request, decoding.allocator());
    try {
      assertThat(encoded.hasBinaryTensors()).isFalse();
      return encoded.body().toString(StandardCharsets.UTF_8);
    } finally {
      encoded.body().release();
    }
  }
}
