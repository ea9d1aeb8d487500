package dev.millrace.serving.api.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.protocol.packaging.ImageDescription;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.inference.InferenceService;
import dev.millrace.serving.lifecycle.ModelCatalog;
import dev.millrace.serving.telemetry.UnservedRequests;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class PictureClassifierTest {
  private static final ImageDescription IMAGE =
      new ImageDescription("x", "p", 1, 4, 4, 1, ImageDescription.Ink.BRIGHT_ON_DARK);

  @Test
  void decodesAsManyOfTheLargestPicturesAsAQuarterOfTheMemoryHolds() {
    assertThat(PictureSettings.decodersWithin(4L << 30, 4_000_000)).isEqualTo(11);
    assertThat(PictureSettings.decodersWithin(256 << 20, 4_000_000)).isOne();
    assertThat(PictureSettings.decodersWithin(Long.MAX_VALUE, 1)).isEqualTo(Integer.MAX_VALUE);
  }

  @Test
  void isOverloadedWhenNoDecoderGetsFreeInTime() {
    assertThatThrownBy(() -> classifier(0).input(new byte[0], IMAGE))
        .isInstanceOfSatisfying(
            InferenceException.class,
            refusal ->
                assertThat(refusal.failure())
                    .isEqualTo(
                        new InferenceFailure.Overloaded(
                            "0 pictures are decoded at a time, and none was done within 1 ms. Retry later.")));
  }

  @Test
  void letsTheNextPictureDecodeAfterOneThatFailed() throws InterruptedException {
    var classifier = classifier(1);
    assertThatThrownBy(() -> classifier.input(new byte[0], IMAGE))
        .hasMessageContaining("The body is empty");
    var png = Pictures.png(Pictures.image(BufferedImage.TYPE_BYTE_GRAY, 8, 8, Color.WHITE));
    assertThat(classifier.input(png, IMAGE).name()).isEqualTo("x");
  }

  private static PictureClassifier classifier(int decoders) {
    var catalog = new ModelCatalog();
    var settings = new PictureSettings(1_000, 1_000, decoders, Duration.ofMillis(1));
    return new PictureClassifier(
        catalog,
        new InferenceService(catalog, new UnservedRequests(new SimpleMeterRegistry())),
        settings);
  }
}
