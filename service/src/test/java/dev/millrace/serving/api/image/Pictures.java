package dev.millrace.serving.api.image;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import javax.imageio.ImageIO;

/** Makes pictures for tests. */
final class Pictures {
  private Pictures() {}

  static BufferedImage image(int type, int width, int height, Color paper) {
    var image = new BufferedImage(width, height, type);
    var graphics = image.createGraphics();
    graphics.setColor(paper);
    graphics.fillRect(0, 0, width, height);
    graphics.dispose();
    return image;
  }

  /** An upright stroke. */
  static BufferedImage withStroke(BufferedImage image, Color ink, int x, int from, int to) {
    var graphics = image.createGraphics();
    graphics.setColor(ink);
    graphics.setStroke(new BasicStroke(image.getWidth() / 12f));
    graphics.drawLine(x, from, x, to);
    graphics.dispose();
    return image;
  }

  static byte[] png(BufferedImage image) {
    return file(image, "png");
  }

  static byte[] jpeg(BufferedImage image) {
    return file(image, "jpeg");
  }

  private static byte[] file(BufferedImage image, String format) {
    try (var file = new ByteArrayOutputStream()) {
      if (!ImageIO.write(image, format, file)) {
        throw new IllegalArgumentException("No writer for " + format);
      }
      return file.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
