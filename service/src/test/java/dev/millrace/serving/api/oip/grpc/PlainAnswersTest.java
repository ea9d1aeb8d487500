package dev.millrace.serving.api.oip.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.protocol.oip.ModelInferResponse;
import dev.millrace.serving.api.oip.grpc.DecodedInfer.Form;
import dev.millrace.serving.inference.InferenceAnswer;
import dev.millrace.serving.scheduling.BatchTimings;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The generated classes must have written the same bytes. */
class PlainAnswersTest {
  private final Random random = new Random(42);

  @Test
  void writesTheBytesOfTheGeneratedClasses() throws IOException {
    for (int i = 0; i < 2_000; i++) {
      var answer = new Answer(text(300), text(4), outputs());
      var id = text(40);
      var expected = InferEncoder.encode(answer, id, Form.RAW);
      var message = Objects.requireNonNull(PlainAnswers.encode(answer, id));
      assertThat(message.available()).isEqualTo(expected.getSerializedSize());
      var sent = new ByteArrayOutputStream();
      assertThat(message.drainTo(sent)).isEqualTo(sent.size());
      assertThat(sent.toByteArray()).isEqualTo(expected.toByteArray());
      assertThat(message.available()).isZero();
    }
  }

  @Test
  void aMessageCanAlsoBeRead() throws IOException {
    var answer = new Answer("m", "3", outputs());
    assertThat(ModelInferResponse.parseFrom(PlainAnswers.encode(answer, "q")))
        .isEqualTo(InferEncoder.encode(answer, "q", Form.RAW));
  }

  @Test
  void leavesTheOutputsAsTheyAre() {
    var output = output();
    int position = output.data().position();
    int limit = output.data().limit();
    assertThat(PlainAnswers.encode(new Answer("m", "3", List.of(output)), "")).isNotNull();
    assertThat(output.data().position()).isEqualTo(position);
    assertThat(output.data().limit()).isEqualTo(limit);
  }

  @Test
  void leavesNamesBeyondAsciiToTheGeneratedClasses() {
    var output = new Tensor("größe", DataType.INT8, Shape.of(0), data(0));
    assertThat(PlainAnswers.encode(new Answer("größe", "1", List.of()), "")).isNull();
    assertThat(PlainAnswers.encode(new Answer("m", "ü", List.of()), "")).isNull();
    assertThat(PlainAnswers.encode(new Answer("m", "1", List.of()), "é")).isNull();
    assertThat(PlainAnswers.encode(new Answer("m", "1", List.of(output)), "")).isNull();
  }

  private List<Tensor> outputs() {
    var outputs = new ArrayList<Tensor>();
    for (int i = random.nextInt(4); i > 0; i--) {
      outputs.add(output());
    }
    return outputs;
  }

  private Tensor output() {
    var dimensions = random.longs(random.nextInt(4), 0, 1L << random.nextInt(1, 63)).toArray();
    var types = DataType.values();
    return new Tensor(
        text(200),
        types[random.nextInt(types.length)],
        Shape.of(dimensions),
        data(random.nextInt(20_000)));
  }

  /** So many bytes in the middle of a buffer. */
  private ByteBuffer data(int bytes) {
    var content = new byte[bytes + 7];
    random.nextBytes(content);
    return ByteBuffer.allocateDirect(bytes + 7)
        .put(content)
        .limit(bytes + 3)
        .position(3)
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  private String text(int longest) {
    var text = new StringBuilder();
    random.ints(random.nextInt(longest), 1, 0x80).forEach(text::appendCodePoint);
    return text.toString();
  }

  private record Answer(String model, String version, List<Tensor> outputs)
      implements InferenceAnswer {
    @Override
    public BatchTimings timings() {
      return new BatchTimings(0, 0, 0, 1);
    }

    @Override
    public void close() {}
  }
}
