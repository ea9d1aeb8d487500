package dev.millrace.serving.api.image;

import dev.millrace.protocol.packaging.ImageDescription;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.inference.InferenceAnswer;
import dev.millrace.serving.inference.InferenceRequest;
import dev.millrace.serving.inference.InferenceService;
import dev.millrace.serving.lifecycle.ModelCatalog;
import dev.millrace.serving.lifecycle.ModelDescription;
import dev.millrace.serving.tensor.Tensor;
import dev.millrace.serving.time.NanoClock;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Classifies the file of a picture; blocks, so it is called on virtual threads. */
final class PictureClassifier {
  private static final List<Integer> CHANNELS = List.of(1, 3);

  private final ModelCatalog catalog;
  private final InferenceService inference;
  private final PictureSettings settings;
  private final PictureDecoder decoder;
  private final Semaphore decoders;

  PictureClassifier(ModelCatalog catalog, InferenceService inference, PictureSettings settings) {
    this.catalog = catalog;
    this.inference = inference;
    this.settings = settings;
    this.decoder = new PictureDecoder(settings.maxPixels());
    this.decoders = new Semaphore(settings.decoders());
  }

  Classification classify(String model, byte[] file) throws InterruptedException {
    long deadlineNanos = NanoClock.SYSTEM.nanos() + settings.patience().toNanos();
    var description = catalog.describe(model, null);
    var image = image(description);
    var input = input(file, image);
    var request =
        new InferenceRequest(
            model, null, List.of(input), List.of(image.output()), deadlineNanos, 0);
    try (var answer = inference.inferAndWait(request, settings.patience())) {
      return classification(answer, labels(answer, description));
    }
  }

  /** Waits for its turn to decode the file; throws Overloaded when it does not come. */
  Tensor input(byte[] file, ImageDescription image) throws InterruptedException {
    if (!decoders.tryAcquire(settings.patience().toNanos(), TimeUnit.NANOSECONDS)) {
      throw new InferenceException(
          new InferenceFailure.Overloaded(
              "%d pictures are decoded at a time, and none was done within %d ms. Retry later."
                  .formatted(settings.decoders(), settings.patience().toMillis())));
    }
    try {
      return PictureTensor.of(decoder.decode(file, image.channels()), image);
    } finally {
      decoders.release();
    }
  }

  /** The version may have been swapped since it was described. */
  private List<String> labels(InferenceAnswer answer, ModelDescription description) {
    return answer.version().equals(description.version())
        ? description.labels()
        : catalog.describe(answer.model(), null).labels();
  }

  private static Classification classification(InferenceAnswer answer, List<String> labels) {
    var top = TopClasses.of(answer.outputs().getFirst(), labels);
    return new Classification(
        answer.model(),
        answer.version(),
        top.getFirst().label(),
        top.getFirst().probability(),
        top);
  }

  private static ImageDescription image(ModelDescription description) {
    var image = description.image();
    if (image == null) {
      throw new InferenceException(
          new InferenceFailure.Invalid(
              "Model '%s' version %s does not say how to make its input from a picture. Package it with an 'image' section in millrace.json, or send tensors to /v2/models/%s/infer."
                  .formatted(description.model(), description.version(), description.model())));
    }
    if (!CHANNELS.contains(image.channels())) {
      throw new InferenceException(
          new InferenceFailure.Unsupported(
              "Model '%s' takes pictures of %d channels; 1 (grey) and 3 (red, green, blue) are made from a file."
                  .formatted(description.model(), image.channels())));
    }
    return image;
  }
}
