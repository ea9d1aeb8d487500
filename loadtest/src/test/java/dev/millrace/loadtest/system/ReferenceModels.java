package dev.millrace.loadtest.system;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import dev.millrace.protocol.mlflow.MlflowClient;
import dev.millrace.protocol.packaging.ModelPackage;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * What each registered version answers by itself: its package from the store, run in this process.
 */
final class ReferenceModels {
  private final Map<String, float[][]> answers = new TreeMap<>();
  private final MlflowClient store;
  private final Path folder;
  private final float[] pictures;

  /** Answers for the given pictures, one behind the other. */
  ReferenceModels(MlflowClient store, Path folder, float[] pictures) {
    this.store = store;
    this.folder = folder;
    this.pictures = pictures;
  }

  /** Largest difference between an answer and the version's own. */
  double difference(Answer answer, int picture) {
    var own = answers.computeIfAbsent(answer.version(), this::run)[picture];
    if (answer.probabilities().remaining() != own.length) {
      return Double.POSITIVE_INFINITY;
    }
    var largest = 0.0;
    for (var index = 0; index < own.length; index++) {
      var difference = Math.abs(answer.probabilities().get(index) - own[index]);
      // NaN compares false: it must not count as equal.
      largest = difference <= largest ? largest : difference;
    }
    return largest;
  }

  private float[][] run(String version) {
    try {
      var target = Files.createDirectories(folder.resolve(version));
      store.downloadArtifacts(store.downloadUri("digits", version), target);
      var digest = store.modelVersion("digits", version).tag("millrace.sha256").orElseThrow();
      return run(ModelPackage.verified(target, digest).modelFile());
    } catch (IOException | OrtException e) {
      throw new AssertionError("Version " + version + " cannot be run: " + e.getMessage(), e);
    }
  }

  private float[][] run(Path model) throws OrtException {
    var environment = OrtEnvironment.getEnvironment();
    var shape = new long[] {pictures.length / Digits.PIXELS, 1, 28, 28};
    try (var session = environment.createSession(model.toString());
        var input = OnnxTensor.createTensor(environment, FloatBuffer.wrap(pictures), shape);
        var result = session.run(Map.of("image", input))) {
      return (float[][]) result.get("probabilities").orElseThrow().getValue();
    }
  }
}
