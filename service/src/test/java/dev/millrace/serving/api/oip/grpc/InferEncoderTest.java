package dev.millrace.serving.api.oip.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.api.oip.grpc.DecodedInfer.Form;
import dev.millrace.serving.inference.InferenceAnswer;
import dev.millrace.serving.scheduling.BatchTimings;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InferEncoderTest {
  @Test
  void namesModelVersionIdAndTheShapesOfTheOutputs() {
    var message = InferEncoder.encode(answer(tensor(DataType.FP32, "0000803f")), "q-1", Form.RAW);
    assertThat(message.getModelName()).isEqualTo("m");
    assertThat(message.getModelVersion()).isEqualTo("3");
    assertThat(message.getId()).isEqualTo("q-1");
    assertThat(message.getOutputs(0).getName()).isEqualTo("y");
    assertThat(message.getOutputs(0).getDatatype()).isEqualTo("FP32");
    assertThat(message.getOutputs(0).getShapeList()).containsExactly(1L, 1L);
  }

  @Test
  void answersRawWithTheBytesOfEachOutputInTheirOrder() {
    var message =
        InferEncoder.encode(
            answer(tensor(DataType.FP32, "0000803f"), tensor(DataType.INT8, "ff")), "", Form.RAW);
    assertThat(message.getRawOutputContentsList())
        .extracting(bytes -> HexFormat.of().formatHex(bytes.toByteArray()))
        .containsExactly("0000803f", "ff");
    assertThat(message.getOutputsList()).noneMatch(output -> output.hasContents());
  }

  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          BOOL,   01,                   bool_contents: true
          INT8,   ff,                   int_contents: -1
          INT16,  feff,                 int_contents: -2
          INT32,  01000000,             int_contents: 1
          INT64,  ffffffffffffffff,     int64_contents: -1
          UINT8,  ff,                   uint_contents: 255
          UINT16, ffff,                 uint_contents: 65535
          UINT32, ffffffff,             uint_contents: 4294967295
          UINT64, ffffffffffffffff,     uint64_contents: 18446744073709551615
          FP32,   0000803f,             fp32_contents: 1.0
          FP64,   000000000000f03f,     fp64_contents: 1.0
          BYTES,  020000006162,         bytes_contents: "ab"
          """)
  void answersTypedInTheFieldOfTheType(DataType type, String hex, String expected) {
    var message = InferEncoder.encode(answer(tensor(type, hex)), "", Form.TYPED);
    assertThat(message.getOutputs(0).getContents().toString().strip()).isEqualTo(expected);
    assertThat(message.getRawOutputContentsCount()).isZero();
  }

  @Test
  void answersAllOutputsRawWhereOneHasNoTypedForm() {
    var message =
        InferEncoder.encode(
            answer(tensor(DataType.FP32, "0000803f"), tensor(DataType.FP16, "003c")),
            "",
            Form.TYPED);
    assertThat(message.getRawOutputContentsCount()).isEqualTo(2);
    assertThat(message.getOutputsList()).noneMatch(output -> output.hasContents());
  }

  private static Tensor tensor(DataType type, String hex) {
    var bytes = HexFormat.of().parseHex(hex);
    var data = ByteBuffer.allocateDirect(bytes.length).order(ByteOrder.LITTLE_ENDIAN);
    return new Tensor("y", type, Shape.of(1, 1), data.put(bytes).flip());
  }

  private static InferenceAnswer answer(Tensor... outputs) {
    return new Answer(List.of(outputs));
  }

  private record Answer(List<Tensor> outputs) implements InferenceAnswer {
    @Override
    public String model() {
      return "m";
    }

    @Override
    public String version() {
      return "3";
    }

    @Override
    public BatchTimings timings() {
      return new BatchTimings(0, 0, 0, 1);
    }

    @Override
    public void close() {}
  }
}
