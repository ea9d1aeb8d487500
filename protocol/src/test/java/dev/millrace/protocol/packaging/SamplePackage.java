package dev.millrace.protocol.packaging;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;

/** A small well-formed package for tests that then spoil it. */
final class SamplePackage {
  static final ModelManifest MANIFEST =
      new ModelManifest(
          1,
          "onnxruntime_onnx",
          "model.onnx",
          List.of(new TensorDescription("image", "FP32", List.of(-1L, 1L, 2L, 3L))),
          List.of(new TensorDescription("probabilities", "FP32", List.of(-1L, 2L))),
          "labels.txt",
          "golden.json",
          new ImageDescription(
              "image",
              "probabilities",
              1,
              2,
              3,
              0.00392156862745098,
              ImageDescription.Ink.BRIGHT_ON_DARK));

  static final GoldenExamples GOLDEN =
      new GoldenExamples(
          1e-4,
          List.of(
              new GoldenExample(
                  List.of(
                      new TensorValue(
                          "image",
                          "FP32",
                          List.of(1L, 1L, 2L, 3L),
                          IntStream.range(0, 6).mapToDouble(i -> i * 0.125).toArray())),
                  List.of(
                      new TensorValue(
                          "probabilities", "FP32", List.of(1L, 2L), new double[] {0.25, 0.75})))));

  private SamplePackage() {}

  static ModelPackage write(Path folder) throws IOException {
    var model = Files.createTempFile(folder.toAbsolutePath().getParent(), "model", ".onnx");
    Files.writeString(model, "not really ONNX");
    var origin = new PackageContents.Origin("0123abcd", Instant.parse("2026-01-02T03:04:05Z"));
    return PackageWriter.write(
        folder, new PackageContents(MANIFEST, model, List.of("cat", "dog"), GOLDEN, origin));
  }
}
