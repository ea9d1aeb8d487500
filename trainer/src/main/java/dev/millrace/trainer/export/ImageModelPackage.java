package dev.millrace.trainer.export;

import dev.millrace.protocol.packaging.GoldenExample;
import dev.millrace.protocol.packaging.GoldenExamples;
import dev.millrace.protocol.packaging.ImageDescription;
import dev.millrace.protocol.packaging.ImageDescription.Ink;
import dev.millrace.protocol.packaging.ModelManifest;
import dev.millrace.protocol.packaging.ModelPackage;
import dev.millrace.protocol.packaging.PackageContents;
import dev.millrace.protocol.packaging.PackageWriter;
import dev.millrace.protocol.packaging.TensorValue;
import dev.millrace.trainer.architecture.Architecture;
import dev.millrace.trainer.architecture.Network;
import dev.millrace.trainer.dataset.LabelledImages;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Packs a trained image classifier with what a server needs to check and to use it. */
public final class ImageModelPackage {
  private static final int GOLDEN_EXAMPLES = 16;
  // Ten times what the export itself may differ by: another machine adds its own rounding.
  private static final double GOLDEN_TOLERANCE = 1e-4;

  private ImageModelPackage() {}

  /**
   * Writes the package.
   *
   * @param onnx the exported network
   * @param images source of the golden examples, whose answers are the trained network's own
   */
  public static ModelPackage write(
      Path folder,
      Network network,
      Path onnx,
      LabelledImages images,
      List<String> labels,
      PackageContents.Origin origin)
      throws IOException {
    var contents =
        new PackageContents(
            manifest(network.architecture()), onnx, labels, golden(network, images), origin);
    return PackageWriter.write(folder, contents);
  }

  private static ModelManifest manifest(Architecture architecture) {
    var image =
        new ImageDescription(
            OnnxExporter.INPUT,
            OnnxExporter.OUTPUT,
            1,
            architecture.height(),
            architecture.width(),
            1 / 255.0,
            Ink.BRIGHT_ON_DARK);
    return new ModelManifest(
        ModelManifest.FORMAT_VERSION,
        "onnxruntime_onnx",
        "model.onnx",
        List.of(OnnxExporter.input(architecture)),
        List.of(OnnxExporter.output(architecture)),
        "labels.txt",
        "golden.json",
        image);
  }

  private static GoldenExamples golden(Network network, LabelledImages images) {
    var examples = new ArrayList<GoldenExample>();
    for (int i = 0; i < Math.min(GOLDEN_EXAMPLES, images.count()); i++) {
      examples.add(example(network, images.scaled(i, i + 1)));
    }
    return new GoldenExamples(GOLDEN_TOLERANCE, examples);
  }

  private static GoldenExample example(Network network, float[] pixels) {
    var architecture = network.architecture();
    var inputShape = List.of(1L, 1L, (long) architecture.height(), (long) architecture.width());
    var outputShape = List.of(1L, (long) architecture.classes());
    return new GoldenExample(
        List.of(new TensorValue(OnnxExporter.INPUT, "FP32", inputShape, doubles(pixels))),
        List.of(
            new TensorValue(
                OnnxExporter.OUTPUT,
                "FP32",
                outputShape,
                doubles(network.probabilities(pixels, 1)))));
  }

  private static double[] doubles(float[] values) {
    var doubles = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      doubles[i] = values[i];
    }
    return doubles;
  }
}
