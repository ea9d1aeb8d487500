package dev.millrace.serving.config;

import dev.millrace.serving.fixture.FixtureModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A directory of models in Triton's layout. */
final class FixtureRepository {
  private static final String PICTURES =
      """
      {"formatVersion":1,"platform":"onnxruntime_onnx","modelFile":"model.onnx",
       "inputs":[{"name":"image","datatype":"FP32","shape":[-1,1,28,28]}],
       "outputs":[{"name":"probabilities","datatype":"FP32","shape":[-1,10]}],
       "labelsFile":"labels.txt",
       "image":{"input":"image","output":"probabilities","channels":1,"height":28,"width":28,
                "scale":0.00392156862745098,"ink":"BRIGHT_ON_DARK"}}
      """;

  private FixtureRepository() {}

  /** Version 1 of {@code pairs}: x FP32 [-1,4] to doubled [-1,4] and total [-1,1]. */
  static void addPairs(Path models) throws IOException {
    FixtureModels.twoOutputs(folder(models, "pairs"));
  }

  /** Version 1 of {@code pictures}: takes pictures of 28 x 28, and guesses. */
  static void addPictures(Path models) throws IOException {
    var folder = folder(models, "pictures");
    FixtureModels.convolution(folder);
    Files.writeString(folder.resolve("millrace.json"), PICTURES);
    Files.writeString(folder.resolve("labels.txt"), "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n");
  }

  static Path folder(Path models, String model) throws IOException {
    return Files.createDirectories(models.resolve(model).resolve("1"));
  }
}
