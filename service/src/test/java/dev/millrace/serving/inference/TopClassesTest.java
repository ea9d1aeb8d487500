package dev.millrace.serving.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Tensor;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TopClassesTest {
  @Test
  void ranksEachRowOfABatch() {
    var ranked =
        TopClasses.of(
            floats(Shape.of(2, 3), 0.1f, 0.7f, 0.2f, 0.5f, 0.25f, 0.25f),
            2,
            true,
            List.of("cat", "dog"));
    assertThat(ranked.type()).isEqualTo(DataType.BYTES);
    assertThat(ranked.shape()).isEqualTo(Shape.of(2, 2));
    assertThat(strings(ranked))
        .containsExactly("0.700000:1:dog", "0.200000:2", "0.500000:0:cat", "0.250000:1:dog");
  }

  @Test
  void ranksAllValuesTogetherWhereNothingIsBatched() {
    var ranked = TopClasses.of(floats(Shape.of(2, 2), 1, 4, 3, 2), 3, false, List.of());
    assertThat(ranked.shape()).isEqualTo(Shape.of(3));
    assertThat(strings(ranked)).containsExactly("4.000000:1", "3.000000:2", "2.000000:3");
  }

  @Test
  void givesNoMoreClassesThanThereAre() {
    var ranked = TopClasses.of(floats(Shape.of(1, 2), 1, 2), 9, true, List.of());
    assertThat(ranked.shape()).isEqualTo(Shape.of(1, 2));
    assertThat(strings(ranked)).containsExactly("2.000000:1", "1.000000:0");
    var empty = TopClasses.of(floats(Shape.of(3, 0)), 9, true, List.of());
    assertThat(empty.shape()).isEqualTo(Shape.of(3, 0));
    assertThat(strings(empty)).isEmpty();
    assertThat(TopClasses.of(floats(Shape.of(0, 3)), 9, true, List.of()).data().remaining())
        .isZero();
  }

  @Test
  void putsWhatIsNoNumberLast() {
    var values = floats(Shape.of(4), Float.NaN, Float.NEGATIVE_INFINITY, Float.NaN, 1);
    for (int wanted : new int[] {2, 3, 4}) {
      assertThat(strings(TopClasses.of(values, wanted, false, List.of())))
          .startsWith("1.000000:3", "-inf:1");
    }
    assertThat(strings(TopClasses.of(values, 4, false, List.of()))).endsWith("nan:0", "nan:2");
  }

  @Test
  void findsTheSameAsSorting() {
    var random = new Random(7);
    for (int round = 0; round < 200; round++) {
      var values = new float[1 + random.nextInt(40)];
      for (int i = 0; i < values.length; i++) {
        values[i] = random.nextInt(10);
      }
      int wanted = 1 + random.nextInt(values.length);
      var expected =
          IntStream.range(0, values.length)
              .boxed()
              .sorted(
                  (one, other) ->
                      values[one] == values[other]
                          ? Integer.compare(one, other)
                          : Float.compare(values[other], values[one]))
              .limit(wanted)
              .map(index -> "%d.000000:%d".formatted((int) values[index], index))
              .toList();
      assertThat(
              strings(
                  TopClasses.of(floats(Shape.of(values.length), values), wanted, false, List.of())))
          .isEqualTo(expected);
    }
  }

  @Test
  void ranksWholeNumbersBySignAndWithout() {
    var data = ByteBuffer.wrap(new byte[] {-1, 1, 5});
    assertThat(strings(TopClasses.of(tensor(DataType.INT8, data), 3, false, List.of())))
        .containsExactly("5:2", "1:1", "-1:0");
    assertThat(strings(TopClasses.of(tensor(DataType.UINT8, data), 3, false, List.of())))
        .containsExactly("255:0", "5:2", "1:1");
    var longs =
        ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putLong(-1).putLong(1).flip();
    assertThat(
            strings(
                TopClasses.of(
                    new Tensor("p", DataType.UINT64, Shape.of(2), longs), 1, false, List.of())))
        .containsExactly("18446744073709551615:0");
  }

  @Test
  void takesLongLabelsInAnyScript() {
    var label = "é😀".repeat(500);
    var ranked = TopClasses.of(floats(Shape.of(2), 1, 2), 2, false, List.of(label, label));
    assertThat(strings(ranked)).containsExactly("2.000000:1:" + label, "1.000000:0:" + label);
  }

  @Test
  void refusesWhatIsNotRanked() {
    var data = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
    for (var type : List.of(DataType.BOOL, DataType.FP16, DataType.BF16, DataType.BYTES)) {
      assertThatThrownBy(
              () -> TopClasses.of(new Tensor("p", type, Shape.of(1), data), 1, false, List.of()))
          .hasMessageStartingWith(
              "class result not available for output due to unsupported type '" + type + "'");
    }
    var large =
        new Tensor(
            "p",
            DataType.UINT8,
            Shape.of(1_000_001),
            ByteBuffer.allocate(1_000_001).order(ByteOrder.LITTLE_ENDIAN));
    assertThatThrownBy(() -> TopClasses.of(large, 1, false, List.of()))
        .hasMessage(
            "classification output tensor too large: output 'p' has shape [1000001], more than 1000000 values. Ask for fewer rows, or for the whole output.");
  }

  @Test
  void printsScoresAsCDoes() {
    var random = new Random(3);
    for (int round = 0; round < 2_000; round++) {
      float single = (float) (random.nextGaussian() * Math.pow(10, random.nextInt(24) - 8));
      double twice = random.nextGaussian() * Math.pow(10, random.nextInt(24) - 8);
      assertThat(text(single)).isEqualTo(exact(single));
      var text = new StringBuilder();
      ScoreText.append(twice, text);
      assertThat(text.toString()).isEqualTo(exact(twice));
    }
    assertThat(text(-0.0f)).isEqualTo("-0.000000");
    assertThat(text(-1e-9f)).isEqualTo("-0.000000");
    assertThat(text(0.0000005f)).isEqualTo("0.000000");
    assertThat(text(0.5f)).isEqualTo("0.500000");
    assertThat(text(Float.MAX_VALUE)).isEqualTo("340282346638528859811704183484516925440.000000");
    assertThat(text(Float.POSITIVE_INFINITY)).isEqualTo("inf");
  }

  private static String text(float score) {
    var text = new StringBuilder();
    ScoreText.append(score, text);
    return text.toString();
  }

  private static String exact(double value) {
    var digits =
        new BigDecimal(Math.abs(value)).setScale(6, RoundingMode.HALF_EVEN).toPlainString();
    return value < 0 ? "-" + digits : digits;
  }

  private static Tensor tensor(DataType type, ByteBuffer data) {
    return new Tensor(
        "p", type, Shape.of(data.remaining()), data.duplicate().order(ByteOrder.LITTLE_ENDIAN));
  }

  private static Tensor floats(Shape shape, float... values) {
    var data = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      data.putFloat(value);
    }
    return new Tensor("p", DataType.FP32, shape, data.flip());
  }

  private static List<String> strings(Tensor tensor) {
    var strings = new ArrayList<String>();
    var data = tensor.data().duplicate().order(ByteOrder.LITTLE_ENDIAN);
    while (data.hasRemaining()) {
      var bytes = new byte[data.getInt()];
      data.get(bytes);
      strings.add(new String(bytes, StandardCharsets.UTF_8));
    }
    return strings;
  }
}
