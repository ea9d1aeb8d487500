package dev.millrace.trainer.export;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import dev.millrace.protocol.packaging.TensorDescription;
import dev.millrace.trainer.architecture.Architecture;
import dev.millrace.trainer.architecture.Layer;
import dev.millrace.trainer.architecture.Network;
import dev.millrace.trainer.architecture.TrainedLayer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Writes a trained network as ONNX: pixels of 0 to 1 in, probabilities out, the batch size open.
 */
public final class OnnxExporter {
  /** Name of the input, FP32 [N, 1, height, width]. */
  public static final String INPUT = "image";

  /** Name of the output, FP32 [N, classes]. */
  public static final String OUTPUT = "probabilities";

  // What ONNX Runtime 1.12 and everything since can read.
  private static final int OPERATOR_SET = 17;
  private static final int IR_VERSION = 8;
  // DJL's default, as in PyTorch.
  private static final float BATCH_NORMALIZATION_EPSILON = 1e-5f;

  private OnnxExporter() {}

  /** Writes the network as it is now. */
  public static void write(Network network, Path file) throws IOException {
    Files.write(file, model(network.architecture(), network.layers()).toByteArray());
  }

  /** What the model takes. */
  public static TensorDescription input(Architecture architecture) {
    var shape = List.of(-1L, 1L, (long) architecture.height(), (long) architecture.width());
    return new TensorDescription(INPUT, "FP32", shape);
  }

  /** What the model gives. */
  public static TensorDescription output(Architecture architecture) {
    return new TensorDescription(OUTPUT, "FP32", List.of(-1L, (long) architecture.classes()));
  }

  private static ModelProto model(Architecture architecture, List<TrainedLayer> layers) {
    var graph =
        new OnnxGraph("network", INPUT, OUTPUT)
            .input(INPUT, input(architecture).shape())
            .output(output(architecture).shape());
    layers.forEach(layer -> add(graph, layer));
    return ModelProto.newBuilder()
        .setIrVersion(IR_VERSION)
        .setProducerName("millrace")
        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(OPERATOR_SET))
        .setGraph(graph.build())
        .build();
  }

  private static void add(OnnxGraph graph, TrainedLayer trained) {
    switch (trained.layer()) {
      case Layer.Normalization n -> {
        graph.node("Sub").constant("mean", n.mean()).add();
        graph.node("Div").constant("deviation", n.deviation()).add();
      }
      case Layer.Convolution c -> convolution(graph, c, trained);
      case Layer.BatchNormalization _ -> batchNormalization(graph, trained);
      case Layer.Relu _ -> graph.node("Relu").add();
      case Layer.MaxPool p -> {
        var size = List.of((long) p.size(), (long) p.size());
        graph.node("MaxPool").attribute("kernel_shape", size).attribute("strides", size).add();
      }
      case Layer.Flatten _ -> graph.node("Flatten").attribute("axis", 1).add();
      case Layer.Dense _ ->
          graph
              .node("Gemm")
              .constant("weight", trained.weights("weight"))
              .constant("bias", trained.weights("bias"))
              .attribute("transB", 1)
              .add();
      case Layer.Softmax _ -> graph.node("Softmax").attribute("axis", 1).addAsOutput();
    }
  }

  private static void convolution(OnnxGraph graph, Layer.Convolution layer, TrainedLayer trained) {
    long kernel = layer.kernel();
    long padding = layer.padding();
    graph
        .node("Conv")
        .constant("weight", trained.weights("weight"))
        .constant("bias", trained.weights("bias"))
        .attribute("kernel_shape", List.of(kernel, kernel))
        .attribute("pads", List.of(padding, padding, padding, padding))
        .add();
  }

  private static void batchNormalization(OnnxGraph graph, TrainedLayer trained) {
    graph
        .node("BatchNormalization")
        .constant("scale", trained.weights("gamma"))
        .constant("shift", trained.weights("beta"))
        .constant("mean", trained.weights("runningMean"))
        .constant("variance", trained.weights("runningVar"))
        .attribute("epsilon", BATCH_NORMALIZATION_EPSILON)
        .add();
  }
}
