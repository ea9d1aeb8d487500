package dev.millrace.serving.api.image;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import javax.imageio.IIOException;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageInputStream;

/** Decodes PNG and JPEG files; refuses those with too many pixels before it decodes them. */
final class PictureDecoder {
  private final int maxPixels;

  PictureDecoder(int maxPixels) {
    this.maxPixels = maxPixels;
  }

  /** The picture with one plane of brightness, or with three planes of colour. */
  Picture decode(byte[] file, int channels) {
    if (file.length == 0) {
      throw new InferenceException(
          new InferenceFailure.Invalid("The body is empty; send a PNG or JPEG file as the body."));
    }
    var format = PictureFormat.of(file).orElseThrow(() -> new NotAPictureException(file));
    return Planes.of(read(file, format), channels);
  }

  private BufferedImage read(byte[] file, PictureFormat format) {
    var reader = ImageIO.getImageReadersByFormatName(format.readerName()).next();
    try (var stream = new MemoryCacheImageInputStream(new ByteArrayInputStream(file))) {
      reader.setInput(stream, true, true);
      checkPixels(reader.getWidth(0), reader.getHeight(0));
      return whole(reader);
    } catch (InferenceException tooLarge) {
      throw tooLarge;
    } catch (IOException | RuntimeException damaged) {
      // The readers of the JDK throw unchecked exceptions of many kinds on damaged files.
      throw unreadable(format, file.length, damaged);
    } finally {
      reader.dispose();
    }
  }

  /**
   * A JPEG that ends early is a warning to the reader of the JDK, which fills the rest with grey.
   */
  private static BufferedImage whole(ImageReader reader) throws IOException {
    var warnings = new ArrayList<String>();
    reader.addIIOReadWarningListener((_, warning) -> warnings.add(warning));
    var image = reader.read(0);
    // The rest are about colour profiles and thumbnails that the reader does without.
    var damage = warnings.stream().filter(warning -> !warning.contains("ignor")).findFirst();
    if (damage.isPresent()) {
      throw new IIOException("it ends early or is damaged (" + damage.get() + ")");
    }
    return image;
  }

  private void checkPixels(int width, int height) {
    if ((long) width * height > maxPixels) {
      throw new InferenceException(
          new InferenceFailure.TooLarge(
              "The picture has %d x %d pixels; at most %d are decoded. Send a smaller one."
                  .formatted(width, height, maxPixels)));
    }
  }

  private static InferenceException unreadable(
      PictureFormat format, int sizeBytes, Exception damaged) {
    return new InferenceException(
        new InferenceFailure.Invalid(
            "The %s of %d bytes cannot be decoded: %s. Check that the file is complete and in RGB or grey."
                .formatted(format, sizeBytes, reason(damaged))));
  }

  private static String reason(Exception damaged) {
    return damaged.getMessage() == null ? "it is damaged" : damaged.getMessage();
  }
}
