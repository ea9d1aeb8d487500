package dev.millrace.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AugmentationTest {
  /** One image of 9 x 9 with a bright square of 3 x 3 in its middle. */
  private static final LabelledImages SQUARE =
      new LabelledImages(9, 9, square(), new byte[] {(byte) 1});

  @Test
  void givesTheSameImageForTheSameRandomState() {
    var augmentation = new Augmentation(2, 10, 0.1);

    assertThat(varied(augmentation, 42)).isEqualTo(varied(augmentation, 42));
    assertThat(varied(augmentation, 42)).isNotEqualTo(varied(augmentation, 43));
  }

  @Test
  void leavesTheImageAloneWhenNothingMayVary() {
    assertThat(varied(new Augmentation(0, 0, 0), 42)).isEqualTo(SQUARE.scaled(0, 1));
  }

  @Test
  void shiftsWithoutLosingInk() {
    var shifted = varied(new Augmentation(2, 0, 0), 3);

    assertThat(shifted).isNotEqualTo(SQUARE.scaled(0, 1));
    assertThat(sum(shifted)).isBetween(8.99, 9.01);
  }

  @Test
  void turnsAboutTheCenter() {
    var turned = varied(new Augmentation(0, 45, 0), 5);

    assertThat(turned[4 * 9 + 4]).isEqualTo(1f);
    assertThat(sum(turned)).isBetween(8.0, 10.0);
  }

  @Test
  void keepsPixelsBetweenGroundAndInk() {
    for (int seed = 0; seed < 200; seed++) {
      var pixels = varied(new Augmentation(4, 30, 0.3), seed);
      Arrays.sort(pixels);
      assertThat(pixels[0]).isNotNegative();
      assertThat(pixels[pixels.length - 1]).isLessThan(1.000001f);
    }
  }

  @Test
  void refusesVariationsThatLeaveNoImage() {
    assertThatThrownBy(() -> new Augmentation(2, 10, 0.9))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("'augmentation.zoom' is 0.9; expected 0 to 0.5");
    assertThatThrownBy(() -> new Augmentation(-1, 10, 0.1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("'augmentation.shiftPixels' is -1.0; expected 0 to 14.0");
  }

  private static float[] varied(Augmentation augmentation, long seed) {
    var target = new float[81];
    augmentation.apply(SQUARE, 0, new SplittableRandom(seed), target, 0);
    return target;
  }

  private static double sum(float[] pixels) {
    return IntStream.range(0, pixels.length).mapToDouble(i -> pixels[i]).sum();
  }

  private static byte[] square() {
    var pixels = new byte[81];
    for (int y = 3; y <= 5; y++) {
      for (int x = 3; x <= 5; x++) {
        pixels[y * 9 + x] = (byte) 255;
      }
    }
    return pixels;
  }
}
