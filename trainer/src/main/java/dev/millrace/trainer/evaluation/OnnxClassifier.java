package dev.millrace.trainer.evaluation;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.millrace.trainer.dataset.LabelledImages;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;

/** An image classifier that ONNX Runtime executes. One thread at a time. */
public final class OnnxClassifier implements AutoCloseable {
  private static final int BATCH = 250;

  private final OrtSession session;
  private final String input;
  private final String output;
  private final long height;
  private final long width;

  private OnnxClassifier(OrtSession session, String input, String output, long height, long width) {
    this.session = session;
    this.input = input;
    this.output = output;
    this.height = height;
    this.width = width;
  }

  /**
   * Loads a model whose input is [N, 1, height, width].
   *
   * @param input name of the tensor that takes the pixels
   * @param output name of the tensor that gives the probabilities
   */
  public static OnnxClassifier open(
      Path model, String input, String output, int height, int width) {
    try (var options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(1);
      var session = OrtEnvironment.getEnvironment().createSession(model.toString(), options);
      return new OnnxClassifier(session, input, output, height, width);
    } catch (OrtException e) {
      throw failed("load the model " + model, e);
    }
  }

  /**
   * Runs one batch.
   *
   * @param pixels 0 to 1, image after image
   * @return probabilities, image after image
   */
  public float[] classify(float[] pixels, int count) {
    var shape = new long[] {count, 1, height, width};
    try (var tensor =
            OnnxTensor.createTensor(
                OrtEnvironment.getEnvironment(), FloatBuffer.wrap(pixels), shape);
        var result = session.run(Map.of(input, tensor), Set.of(output))) {
      var values = ((OnnxTensor) result.get(0)).getFloatBuffer();
      var probabilities = new float[values.remaining()];
      values.get(probabilities);
      return probabilities;
    } catch (OrtException e) {
      throw failed("classify " + count + " images", e);
    }
  }

  /** Share of the images whose most probable class is their label. An interrupt ends it. */
  public double accuracy(LabelledImages images) {
    int right = 0;
    for (int from = 0; from < images.count(); from += BATCH) {
      if (Thread.currentThread().isInterrupted()) {
        throw new CancellationException("The evaluation was interrupted");
      }
      right += hits(images, from, Math.min(images.count(), from + BATCH));
    }
    return (double) right / images.count();
  }

  private int hits(LabelledImages images, int from, int to) {
    var probabilities = classify(images.scaled(from, to), to - from);
    int classes = probabilities.length / (to - from);
    int hits = 0;
    for (int i = from; i < to; i++) {
      hits += mostProbable(probabilities, (i - from) * classes, classes) == images.label(i) ? 1 : 0;
    }
    return hits;
  }

  private static int mostProbable(float[] probabilities, int start, int classes) {
    int best = 0;
    for (int i = 1; i < classes; i++) {
      if (probabilities[start + i] > probabilities[start + best]) {
        best = i;
      }
    }
    return best;
  }

  private static EvaluationException failed(String what, OrtException e) {
    return new EvaluationException(
        "ONNX Runtime could not %s: %s".formatted(what, e.getMessage()), e);
  }

  @Override
  public void close() {
    try {
      session.close();
    } catch (OrtException e) {
      throw failed("close a session", e);
    }
  }
}
