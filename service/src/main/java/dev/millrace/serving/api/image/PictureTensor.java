package dev.millrace.serving.api.image;

import dev.millrace.protocol.packaging.ImageDescription;
import dev.millrace.protocol.packaging.ImageDescription.Ink;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Makes the input of a model from a picture, as the model's package describes it. */
final class PictureTensor {
  private static final float FULL = 255;

  private PictureTensor() {}

  static Tensor of(Picture picture, ImageDescription model) {
    var shape = Shape.of(1, model.channels(), model.height(), model.width());
    var data =
        ByteBuffer.allocateDirect(Math.toIntExact(shape.elementCount() * Float.BYTES))
            .order(ByteOrder.LITTLE_ENDIAN);
    for (int channel = 0; channel < model.channels(); channel++) {
      put(data, plane(picture, channel, model), (float) model.scale());
    }
    return new Tensor(model.input(), DataType.FP32, shape, data.flip());
  }

  private static float[] plane(Picture picture, int channel, ImageDescription model) {
    if (model.channels() > 1) {
      return ColourFit.fit(picture, channel, model.width(), model.height());
    }
    var ink = InkFit.fit(picture, model.width(), model.height());
    return model.ink() == Ink.BRIGHT_ON_DARK ? ink : inverted(ink);
  }

  private static float[] inverted(float[] ink) {
    for (int i = 0; i < ink.length; i++) {
      ink[i] = FULL - ink[i];
    }
    return ink;
  }

  private static void put(ByteBuffer data, float[] plane, float scale) {
    for (float value : plane) {
      data.putFloat(value * scale);
    }
  }
}
