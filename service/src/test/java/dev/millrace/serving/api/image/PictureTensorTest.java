package dev.millrace.serving.api.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.protocol.packaging.ImageDescription;
import dev.millrace.protocol.packaging.ImageDescription.Ink;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Tensor;
import java.util.List;
import org.assertj.core.data.Index;
import org.junit.jupiter.api.Test;

class PictureTensorTest {
  private static final float SCALE = 1 / 255f;

  @Test
  void scalesThePixelsIntoADirectTensorOfOneRow() {
    var tensor =
        PictureTensor.of(picture(0, 51, 255, 0, 0, 0, 0, 0, 0), model(1, Ink.BRIGHT_ON_DARK));
    assertThat(tensor.name()).isEqualTo("image");
    assertThat(tensor.type()).isEqualTo(DataType.FP32);
    assertThat(tensor.shape()).isEqualTo(Shape.of(1, 1, 3, 3));
    assertThat(tensor.data().isDirect()).isTrue();
    assertThat(values(tensor)).startsWith(0, 51 * SCALE, 255 * SCALE).hasSize(9);
  }

  @Test
  void invertsForAModelOfDarkInk() {
    var tensor =
        PictureTensor.of(picture(0, 0, 0, 0, 255, 0, 0, 0, 0), model(1, Ink.DARK_ON_BRIGHT));
    assertThat(values(tensor)).startsWith(1, 1, 1, 1, 0);
  }

  @Test
  void putsTheColoursOneAfterAnotherAndPadsWithTheColourOfTheBorder() {
    var plane = new float[] {10, 10, 10};
    var tensor =
        PictureTensor.of(
            new Picture(3, 1, List.of(plane, new float[3], plane)), model(3, Ink.BRIGHT_ON_DARK));
    assertThat(tensor.shape()).isEqualTo(Shape.of(1, 3, 3, 3));
    assertThat(values(tensor))
        .usingComparatorWithPrecision(1e-6f)
        .startsWith(10 * SCALE, 10 * SCALE)
        .endsWith(10 * SCALE, 10 * SCALE)
        .contains(0, Index.atIndex(9));
  }

  private static ImageDescription model(int channels, Ink ink) {
    return new ImageDescription("image", "probabilities", channels, 3, 3, SCALE, ink);
  }

  private static Picture picture(float... pixels) {
    return new Picture(3, 3, List.of(pixels));
  }

  private static float[] values(Tensor tensor) {
    var values = new float[tensor.data().remaining() / Float.BYTES];
    tensor.data().asFloatBuffer().get(values);
    return values;
  }
}
