package dev.millrace.serving.api.image;

import static dev.millrace.serving.api.image.Pictures.image;
import static dev.millrace.serving.api.image.Pictures.jpeg;
import static dev.millrace.serving.api.image.Pictures.png;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PictureDecoderTest {
  private final PictureDecoder decoder = new PictureDecoder(10_000);

  @Test
  void givesGreyPixelsTheValuesThatTheFileHolds() {
    var image = new BufferedImage(4, 2, BufferedImage.TYPE_BYTE_GRAY);
    image.getRaster().setSamples(0, 0, 4, 2, 0, new int[] {0, 1, 64, 127, 128, 200, 254, 255});
    var picture = decoder.decode(png(image), 1);
    assertThat(picture.width()).isEqualTo(4);
    assertThat(picture.height()).isEqualTo(2);
    assertThat(picture.planes().getFirst()).containsExactly(0, 1, 64, 127, 128, 200, 254, 255);
  }

  @Test
  void scalesSixteenBitGreyToTheSameRange() {
    var image = new BufferedImage(2, 1, BufferedImage.TYPE_USHORT_GRAY);
    image.getRaster().setSamples(0, 0, 2, 1, 0, new int[] {65535, 25700});
    assertThat(decoder.decode(png(image), 1).planes().getFirst())
        .usingComparatorWithPrecision(0.001f)
        .containsExactly(255, 100);
  }

  @Test
  void takesTheBrightnessOfColoursOrTheColoursThemselves() {
    var file = png(image(BufferedImage.TYPE_INT_RGB, 1, 1, new Color(200, 100, 50)));
    assertThat(decoder.decode(file, 1).planes().getFirst()[0]).isCloseTo(124.2f, within(0.01f));
    assertThat(decoder.decode(file, 3).planes())
        .containsExactly(new float[] {200}, new float[] {100}, new float[] {50});
  }

  @Test
  void decodesJpeg() {
    var file = jpeg(image(BufferedImage.TYPE_INT_RGB, 16, 16, new Color(90, 90, 90)));
    assertThat(decoder.decode(file, 1).planes().getFirst()[100]).isCloseTo(90, within(2f));
  }

  @Test
  void putsDarkStrokesOnWhiteAndBrightStrokesOnBlackPaper() {
    assertThat(transparentWith(Color.BLACK)).containsExactly(0, 255);
    assertThat(transparentWith(Color.WHITE)).containsExactly(255, 0);
  }

  private float[] transparentWith(Color ink) {
    var image = new BufferedImage(2, 1, BufferedImage.TYPE_INT_ARGB);
    image.setRGB(0, 0, ink.getRGB());
    return decoder.decode(png(image), 1).planes().getFirst();
  }

  @Test
  void refusesTooManyPixelsBeforeItDecodesThem() {
    var bomb = png(image(BufferedImage.TYPE_BYTE_BINARY, 4_000, 4_000, Color.BLACK));
    assertThat(bomb.length).isLessThan(20_000);
    assertThatThrownBy(() -> decoder.decode(bomb, 1))
        .hasMessage(
            "The picture has 4000 x 4000 pixels; at most 10000 are decoded. Send a smaller one.")
        .isInstanceOfSatisfying(
            InferenceException.class,
            refusal -> assertThat(refusal.failure()).isInstanceOf(InferenceFailure.TooLarge.class));
  }

  @Test
  void saysWhatABodyStartsWithThatIsNoPicture() {
    assertThatThrownBy(() -> decoder.decode("{\"inputs\":[]}".getBytes(StandardCharsets.UTF_8), 1))
        .isInstanceOf(NotAPictureException.class)
        .hasMessage(
            "The body is neither a PNG nor a JPEG: it starts with the bytes 7b 22 69 6e 70 75 74 73 ('{\"inputs'). Send the file itself as the body, for example curl --data-binary @digit.png -H 'Content-Type: image/png'.");
    assertThatThrownBy(() -> decoder.decode(new byte[0], 1))
        .hasMessage("The body is empty; send a PNG or JPEG file as the body.");
  }

  @Test
  void refusesATruncatedFile() {
    var file = png(noise(80));
    assertThatThrownBy(() -> decoder.decode(Arrays.copyOf(file, file.length / 2), 1))
        .isInstanceOf(InferenceException.class)
        .hasMessageMatching(
            "The PNG of \\d+ bytes cannot be decoded: .*Check that the file is complete and in RGB or grey\\.");
  }

  /** The reader of the JDK makes a picture of it, the rest in grey, and only warns. */
  @Test
  void refusesATruncatedJpeg() {
    var file = jpeg(noise(80));
    for (int sizeBytes : new int[] {file.length / 2, file.length - 20}) {
      assertThatThrownBy(() -> decoder.decode(Arrays.copyOf(file, sizeBytes), 1))
          .isInstanceOf(InferenceException.class)
          .hasMessageMatching(
              "The JPEG of \\d+ bytes cannot be decoded: it ends early or is damaged \\(.+\\)\\. Check that the file is complete and in RGB or grey\\.");
    }
  }

  /** Whatever is broken in a file, the client hears of it as of its own mistake. */
  @Test
  void answersDamagedFilesWithAPictureOrARefusal() {
    var random = new Random(7);
    for (var file : new byte[][] {png(noise(24)), jpeg(noise(24))}) {
      for (int round = 0; round < 300; round++) {
        decodeDamaged(file.clone(), random);
      }
    }
  }

  private void decodeDamaged(byte[] file, Random random) {
    for (int i = 0; i < 4; i++) {
      file[8 + random.nextInt(file.length - 8)] = (byte) random.nextInt(256);
    }
    try {
      assertThat(decoder.decode(file, 1).planes()).hasSize(1);
    } catch (InferenceException refusal) {
      assertThat(refusal.getMessage()).containsAnyOf("cannot be decoded", "pixels");
    }
  }

  private static BufferedImage noise(int size) {
    var image = new BufferedImage(size, size, BufferedImage.TYPE_INT_RGB);
    var random = new Random(size);
    for (int i = 0; i < size * size; i++) {
      image.setRGB(i % size, i / size, random.nextInt());
    }
    return image;
  }
}
