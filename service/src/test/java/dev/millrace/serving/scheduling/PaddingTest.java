package dev.millrace.serving.scheduling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.serving.fixture.Tensors;
import dev.millrace.serving.runtime.ModelLoadException;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Signature;
import dev.millrace.serving.tensor.Tensor;
import dev.millrace.serving.tensor.TensorSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PaddingTest {
  private static final Signature SIGNATURE =
      new Signature(
          List.of(
              spec("ids", DataType.INT64, -1, -1),
              spec("mask", DataType.INT64, -1, -1),
              spec("image", DataType.FP32, -1, 2, -1, -1),
              spec("scale", DataType.FP32, -1, 1),
              spec("text", DataType.BYTES, -1, -1),
              spec("small", DataType.INT8, -1, -1),
              spec("half", DataType.FP16, -1, -1)),
          List.of(
              spec("tokens", DataType.FP32, -1, -1, 2),
              spec("pooled", DataType.FP32, -1, 2),
              spec("words", DataType.BYTES, -1, -1)));

  private static final Signature ECHO = EchoModel.free().signature();

  @Test
  void putsRowsOfDifferentLengthTogether() {
    var inputs = new BatchInputs(EchoModel.free(), echo(9.5));
    var parts = List.of(part(row(1, 2)), part(row(3)), part(two(4, 5, 6, 7, 8, 9)));
    try (var batch = inputs.prepare(parts, 4)) {
      var assembled = batch.run().tensors().getFirst();
      assertThat(assembled.shape()).isEqualTo(Shape.of(4, 3));
      assertThat(Tensors.floats(assembled))
          .containsExactly(1, 2, 9.5f, 3, 9.5f, 9.5f, 4, 5, 6, 7, 8, 9);
    }
    inputs.close();
  }

  @Test
  void assemblesEqualShapesAsEver() {
    var inputs = new BatchInputs(EchoModel.free(), echo(9.5));
    try (var batch = inputs.prepare(List.of(part(row(1, 2)), part(row(3, 4))), 2)) {
      assertThat(Tensors.floats(batch.run().tensors().getFirst())).containsExactly(1, 2, 3, 4);
    }
    inputs.close();
  }

  @Test
  void cutsEachAnswerBackToItsOwnLength() {
    var parts = List.of(part(row(1, 2)), part(two(4, 5)), part(row(7, 8, 9)));
    var whole = Tensors.floats("y", Shape.of(4, 3), 1, 2, -1, 4, -1, -1, 5, -1, -1, 7, 8, 9);
    List<Tensor>[] views = views(whole, 1, 2, 1);
    echo(0).cutBack(views, parts);
    assertThat(Tensors.floats(views[0].getFirst())).containsExactly(1, 2);
    assertThat(views[0].getFirst().shape()).isEqualTo(Shape.of(1, 2));
    assertThat(Tensors.floats(views[1].getFirst())).containsExactly(4, 5);
    assertThat(views[1].getFirst().shape()).isEqualTo(Shape.of(2, 1));
    assertThat(views[2].getFirst().data()).isEqualTo(whole.data().slice(36, 12));
  }

  @Test
  void leavesOutputsThatAreNotNamed() {
    var padding = padding(new PaddingSettings(Map.of("x", 0.0), List.of()), ECHO);
    List<Tensor>[] views = views(Tensors.floats("y", Shape.of(2, 2), 1, -1, 2, 3), 1, 1);
    padding.cutBack(views, List.of(part(row(1)), part(row(2, 3))));
    assertThat(Tensors.floats(views[0].getFirst())).containsExactly(1, -1);
  }

  @Test
  void tellsOutputsThatAreNotAsLongAsTheInputs() {
    var parts = List.of(part(row(1)), part(row(2, 3)));
    var padding = echo(0);
    assertThat(padding.accountsFor(List.of(two(1, 2, 3, 4)), parts)).isTrue();
    var longer = Tensors.floats("y", Shape.of(2, 3), new float[6]);
    assertThat(padding.accountsFor(List.of(longer), parts)).isFalse();
    assertThat(padding.accountsFor(List.of(longer), parts.subList(0, 1))).isTrue();
  }

  @Test
  void growsAndShrinksInnerDimensions() {
    var small = Shape.of(1, 2, 1, 2);
    var large = Shape.of(1, 2, 2, 3);
    var filling = PaddingValue.filling(spec("image", DataType.FP32, -1, 2, -1, -1), 0.5);
    var grown = direct(12 * Float.BYTES);
    new Corner(small, large, Float.BYTES, filling)
        .copy(Tensors.floats("image", small, 1, 2, 3, 4).data(), 0, grown, 0);
    var image = new Tensor("image", DataType.FP32, large, grown);
    assertThat(Tensors.floats(image))
        .containsExactly(1, 2, .5f, .5f, .5f, .5f, 3, 4, .5f, .5f, .5f, .5f);
    var cut = direct(4 * Float.BYTES);
    var back = new Corner(large, small, Float.BYTES, filling);
    assertThat(back.isBeginning()).isFalse();
    back.copy(grown, 0, cut, 0);
    assertThat(Tensors.floats(new Tensor("image", DataType.FP32, small, cut)))
        .containsExactly(1, 2, 3, 4);
  }

  @Test
  void fillsMoreThanOnePieceOfFilling() {
    var filling = PaddingValue.filling(spec("x", DataType.FP32, -1, -1), -2);
    var target = direct(5_000 * Float.BYTES);
    new Corner(Shape.of(1, 1), Shape.of(1, 5_000), Float.BYTES, filling)
        .copy(row(1).data(), 0, target, 0);
    var expected = new float[5_000];
    Arrays.fill(expected, -2);
    expected[0] = 1;
    var filled = new Tensor("x", DataType.FP32, Shape.of(1, 5_000), target);
    assertThat(Tensors.floats(filled)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "BOOL, 1, 01",
    "UINT8, 255, ff",
    "UINT16, 258, 0201",
    "UINT32, 4294967295, ffffffff",
    "UINT64, 1, 0100000000000000",
    "INT8, -1, ff",
    "INT16, -2, feff",
    "INT32, -100, 9cffffff",
    "INT64, -100, 9cffffffffffffff",
    "FP16, 1.5, 003e",
    "BF16, -1.5, c0bf",
    "FP32, 1.5, 0000c03f",
    "FP64, 1.5, 000000000000f83f"
  })
  void writesItsValueInEachType(DataType type, double value, String bytes) {
    var filling = PaddingValue.filling(spec("x", type, -1, -1), value);
    var hex = new StringBuilder();
    for (int i = 0; i < 2 * type.sizeBytes(); i++) {
      hex.append("%02x".formatted(filling.get(i)));
    }
    assertThat(hex.toString()).isEqualTo(bytes + bytes);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "x     | 0   |        | padding names the input 'x'; the model has [ids, mask, ",
        "scale | 0   |        | padding names the input 'scale' of shape [-1, 1]; it has no open",
        "text  | 0   |        | padding names the input 'text' of type BYTES; only numbers can",
        "ids   | 0.5 |        | padding of the input 'ids' is 0.5; for INT64 it must be a whole",
        "small | 128 |        | for INT8 it must be a whole number from -128 to 127.",
        "half  | 1e5 |        | for FP16 it must be a number from -65504.0 to 65504.0.",
        "ids   | 0   | y      | padded-outputs names 'y'; the model has the outputs [tokens, pooled",
        "ids   | 0   | pooled | padded-outputs names 'pooled' of type FP32 and shape [-1, 2]; it must",
        "ids   | 0   | words  | padded-outputs names 'words' of type BYTES"
      })
  void saysWhatTheModelCannotPad(String input, double value, String output, String expected) {
    var outputs = output == null ? List.<String>of() : List.of(output);
    var settings = new PaddingSettings(Map.of(input, value), outputs);
    assertThatThrownBy(() -> Padding.of(settings, SIGNATURE))
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContaining(expected);
  }

  @Test
  void isAbsentWhereNothingIsNamed() {
    assertThat(Padding.of(PaddingSettings.NONE, SIGNATURE)).isNull();
  }

  @Test
  void boundsThePaddingOfABatch() {
    var batch = new Batch(new ComputeTimes(), echo(0));
    var rest = List.of(row(1, 2, 3, 4, 5), row(1), row(1));
    batch.addIfFitting(part(row(1)), 0);
    rest.forEach(input -> batch.addIfFitting(part(input), 0));
    // 4 of 10; 8 of 15; 12 of 20.
    assertThat(batch.count()).isEqualTo(4);
    batch.addIfFitting(part(row(new float[40])), 0);
    assertThat(batch.count()).isEqualTo(4);
    batch.clear();
    batch.addIfFitting(part(row(1)), 0);
    batch.addIfFitting(part(row(new float[5])), 0);
    batch.addIfFitting(part(row(new float[40])), 0);
    assertThat(batch.count()).isEqualTo(3);
  }

  @Test
  void doesNotPadPiecesOfLargeRequests() {
    var batch = new Batch(new ComputeTimes(), echo(0));
    var piece = new SplitRequest(request(two(1, 2, 3, 4)), 0, 1).parts().getFirst();
    batch.addIfFitting(part(row(1)), 0);
    batch.addIfFitting(piece, 0);
    batch.addIfFitting(part(row(1, 2, 3)), 0);
    batch.addIfFitting(part(row(1, 2)), 0);
    assertThat(batch.count()).isEqualTo(3);
    batch.clear();
    batch.addIfFitting(part(row(1, 2, 3)), 0);
    batch.addIfFitting(piece, 0);
    assertThat(batch.count()).isEqualTo(1);
  }

  @Test
  void fillsNothingThatIsEmptyAndPadsNoMoreOnceStopped() {
    var padding = echo(0);
    var batch = new Batch(new ComputeTimes(), padding);
    batch.addIfFitting(part(row(1)), 0);
    batch.addIfFitting(part(row()), 0);
    assertThat(batch.count()).isEqualTo(1);
    padding.stop();
    batch.addIfFitting(part(row(1, 2)), 0);
    batch.addIfFitting(part(row(2)), 0);
    assertThat(batch.count()).isEqualTo(2);
  }

  /** The mask of one token would be broadcast over three. */
  @Test
  void keepsRequestsApartWhoseInputsDisagree() {
    var inputs = SIGNATURE.inputs().subList(0, 2);
    var settings = new PaddingSettings(Map.of("ids", 0.0, "mask", 0.0), List.of());
    var batch = new Batch(new ComputeTimes(), padding(settings, new Signature(inputs, List.of())));
    batch.addIfFitting(part(longs("ids", 2), longs("mask", 2)), 0);
    batch.addIfFitting(part(longs("ids", 3), longs("mask", 1)), 0);
    batch.addIfFitting(part(longs("ids", 3), longs("mask", 3)), 0);
    assertThat(batch.count()).isEqualTo(2);
  }

  /** Two lengths of tokens over one of types: alone the second fails, and so it must here. */
  @Test
  void keepsRequestsApartThatDisagreeWithAnInputThatIsNotPadded() {
    var inputs = SIGNATURE.inputs().subList(0, 2);
    var settings = new PaddingSettings(Map.of("ids", 0.0), List.of());
    var batch = new Batch(new ComputeTimes(), padding(settings, new Signature(inputs, List.of())));
    batch.addIfFitting(part(longs("ids", 3), longs("mask", 3)), 0);
    batch.addIfFitting(part(longs("ids", 2), longs("mask", 3)), 0);
    batch.addIfFitting(part(longs("ids", 2), longs("mask", 2)), 0);
    assertThat(batch.count()).isEqualTo(1);
  }

  private static TensorSpec spec(String name, DataType type, long... shape) {
    return new TensorSpec(name, type, Shape.of(shape));
  }

  private static Padding echo(double value) {
    return padding(new PaddingSettings(Map.of("x", value), List.of("y")), ECHO);
  }

  private static Padding padding(PaddingSettings settings, Signature signature) {
    return Objects.requireNonNull(Padding.of(settings, signature));
  }

  private static Part part(Tensor... inputs) {
    return Part.whole(request(inputs), 0);
  }

  private static ScheduledRequest request(Tensor... inputs) {
    int rows = (int) inputs[0].shape().dimension(0);
    return new ScheduledRequest(
        List.of(inputs), rows, List.of(), Long.MAX_VALUE, 0, Caller.direct());
  }

  private static Tensor row(float... values) {
    return Tensors.row("x", values);
  }

  private static Tensor two(float... values) {
    return Tensors.floats("x", Shape.of(2, values.length / 2), values);
  }

  private static Tensor longs(String name, int length) {
    return Tensors.longs(name, Shape.of(1, length), new long[length]);
  }

  private static ByteBuffer direct(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  // Generic arrays cannot be made otherwise.
  @SuppressWarnings({"unchecked", "rawtypes"})
  private static List<Tensor>[] views(Tensor output, int... rows) {
    List<Tensor>[] views = new List[rows.length];
    int first = 0;
    for (int i = 0; i < rows.length; i++) {
      views[i] = OutputRows.cut(List.of(output), first, rows[i]);
      first += rows[i];
    }
    return views;
  }
}
