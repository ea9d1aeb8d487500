package dev.millrace.serving.api.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.serving.api.image.Classification.LabelledClass;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.Test;

class TopClassesTest {
  private static final List<String> LABELS = List.of("a", "b", "c", "d", "e", "f");

  @Test
  void namesTheFiveMostProbableInTheirOrder() {
    assertThat(TopClasses.of(output(0.1f, 0.3f, 0.05f, 0.4f, 0.0f, 0.15f), LABELS))
        .containsExactly(
            new LabelledClass("d", 0.4f),
            new LabelledClass("b", 0.3f),
            new LabelledClass("f", 0.15f),
            new LabelledClass("a", 0.1f),
            new LabelledClass("c", 0.05f));
  }

  @Test
  void callsAClassWithoutLabelByItsIndex() {
    assertThat(TopClasses.of(output(0.2f, 0.8f), List.of("a")))
        .extracting(LabelledClass::label)
        .containsExactly("1", "a");
  }

  @Test
  void refusesAnOutputThatIsNoListOfProbabilities() {
    assertThatThrownBy(() -> TopClasses.of(output(0.2f, Float.NaN), LABELS))
        .hasMessage(
            "Output 'y' has the value NaN for this picture; a classification needs one FP32 probability per class. Name such an output in image.output of the package's millrace.json.");
    assertThatThrownBy(() -> TopClasses.of(output(), LABELS))
        .hasMessageStartingWith("Output 'y' has no elements; ");
    var integers =
        new Tensor(
            "y",
            DataType.INT64,
            Shape.of(1),
            ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN));
    assertThatThrownBy(() -> TopClasses.of(integers, LABELS))
        .hasMessageStartingWith("Output 'y' is INT64; ");
  }

  private static Tensor output(float... values) {
    var data = ByteBuffer.allocateDirect(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
    data.asFloatBuffer().put(values);
    return new Tensor("y", DataType.FP32, Shape.of(1, values.length), data);
  }
}
