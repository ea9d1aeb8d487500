package dev.millrace.serving.api.image;

import static dev.millrace.serving.api.image.Pictures.image;
import static dev.millrace.serving.api.image.Pictures.withStroke;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InkFitTest {
  private static final int SIZE = 28;

  @Test
  void takesAPictureOfTheModelsSizeAsItIs() {
    var plane = new float[SIZE * SIZE];
    plane[300] = 17;
    plane[301] = 255;
    var fitted = InkFit.fit(new Picture(SIZE, SIZE, List.of(plane.clone())), SIZE, SIZE);
    assertThat(fitted).containsExactly(plane);
  }

  @Test
  void turnsDarkOnBrightIntoBrightOnDark() {
    var plane = new float[SIZE * SIZE];
    Arrays.fill(plane, 255);
    plane[300] = 0;
    var fitted = InkFit.fit(new Picture(SIZE, SIZE, List.of(plane)), SIZE, SIZE);
    assertThat(fitted[300]).isEqualTo(255);
    assertThat(fitted[0]).isZero();
  }

  @ParameterizedTest
  @CsvSource({"280, 280, 40", "600, 200, 550", "100, 400, 20", "12, 12, 3"})
  void bringsAStrokeFromAnywhereIntoTheMiddle(int width, int height, int x) {
    var image = image(BufferedImage.TYPE_BYTE_GRAY, width, height, Color.WHITE);
    var fitted = fit(withStroke(image, Color.BLACK, x, height / 3, 2 * height / 3));
    var mass = Mass.of(fitted, SIZE);
    assertThat(mass.x()).isCloseTo(14, within(0.8));
    assertThat(mass.y()).isCloseTo(14, within(0.8));
    assertThat(strongest(fitted)).isCloseTo(255, within(0.5f));
  }

  @Test
  void givesTheLongerSideFiveSeventhsOfThePicture() {
    var image = image(BufferedImage.TYPE_BYTE_GRAY, 280, 280, Color.WHITE);
    var fitted = fit(withStroke(image, Color.BLACK, 60, 50, 230));
    var box = Box.around(fitted, SIZE, SIZE, 50);
    assertThat(box.height()).isEqualTo(20);
    assertThat(box.width()).isLessThan(6);
  }

  @Test
  void seesTheSameDigitInBothPolarities() {
    var dark = image(BufferedImage.TYPE_BYTE_GRAY, 140, 140, Color.WHITE);
    var bright = image(BufferedImage.TYPE_BYTE_GRAY, 140, 140, Color.BLACK);
    assertThat(fit(withStroke(dark, Color.BLACK, 50, 30, 100)))
        .usingComparatorWithPrecision(0.5f)
        .containsExactly(fit(withStroke(bright, Color.WHITE, 50, 30, 100)));
  }

  @Test
  void keepsTheNoiseOfGreyPaperOutOfTheInk() {
    var image = image(BufferedImage.TYPE_BYTE_GRAY, 280, 280, Color.GRAY);
    withStroke(image, Color.BLACK, 140, 60, 220);
    var random = new Random(3);
    for (int i = 0; i < 280 * 280; i++) {
      int value = image.getRaster().getSample(i % 280, i / 280, 0) + random.nextInt(21);
      image.getRaster().setSample(i % 280, i / 280, 0, value);
    }
    var fitted = fit(image);
    assertThat(fitted[0]).isZero();
    assertThat(Box.around(fitted, SIZE, SIZE, 50).width()).isLessThan(7);
  }

  @Test
  void seesNothingInAnEmptyPicture() {
    var fitted = fit(image(BufferedImage.TYPE_BYTE_GRAY, 50, 60, Color.WHITE));
    assertThat(strongest(fitted)).isZero();
    assertThat(fitted).hasSize(SIZE * SIZE);
  }

  private static float[] fit(BufferedImage image) {
    return InkFit.fit(Planes.of(image, 1), SIZE, SIZE);
  }

  private static float strongest(float[] plane) {
    float strongest = 0;
    for (float value : plane) {
      strongest = Math.max(strongest, value);
    }
    return strongest;
  }
}
