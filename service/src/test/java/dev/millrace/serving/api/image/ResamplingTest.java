package dev.millrace.serving.api.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResamplingTest {
  @Test
  void averagesTheAreaUnderAPixelWhenItShrinks() {
    var plane = new float[] {0, 4, 8, 12, 4, 8, 12, 16};
    assertThat(Resampling.resize(plane, 4, 2, 2, 1)).containsExactly(4, 12);
    assertThat(Resampling.resize(new float[] {0, 3, 6}, 3, 1, 2, 1)).containsExactly(1, 5);
  }

  @Test
  void interpolatesWhenItGrows() {
    assertThat(Resampling.resize(new float[] {0, 8}, 2, 1, 4, 1)).containsExactly(0, 2, 6, 8);
    assertThat(Resampling.resize(new float[] {5}, 1, 1, 3, 2)).containsExactly(5, 5, 5, 5, 5, 5);
  }

  @ParameterizedTest
  @CsvSource({"7, 5, 3, 9", "1, 1, 1, 1", "30, 2, 28, 28", "2, 300, 5, 7", "1000, 1, 3, 3"})
  void keepsAnEvenPlaneEven(int width, int height, int newWidth, int newHeight) {
    var plane = new float[width * height];
    Arrays.fill(plane, 42);
    assertThat(Resampling.resize(plane, width, height, newWidth, newHeight))
        .hasSize(newWidth * newHeight)
        .usingComparatorWithPrecision(0.001f)
        .containsOnly(42);
  }
}
