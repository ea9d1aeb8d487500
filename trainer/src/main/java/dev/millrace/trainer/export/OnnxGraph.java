package dev.millrace.trainer.export;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import dev.millrace.trainer.architecture.TrainedLayer.Weights;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Builds an ONNX graph as a chain of nodes: each takes what the one before it gave. */
final class OnnxGraph {
  private final GraphProto.Builder graph;
  private final String output;
  private String last;
  private int nodes;

  OnnxGraph(String name, String input, String output) {
    this.graph = GraphProto.newBuilder().setName(name);
    this.output = output;
    this.last = input;
  }

  /** One node; its name, and the names of its constants, count the nodes. */
  final class Node {
    private final NodeProto.Builder node = NodeProto.newBuilder();
    private final String name;

    private Node(String operator) {
      name = operator.toLowerCase(Locale.ROOT) + "_" + ++nodes;
      node.setOpType(operator).setName(name).addInput(last);
    }

    Node constant(String role, Weights weights) {
      var constant = name + "." + role;
      graph.addInitializer(tensor(constant, weights));
      node.addInput(constant);
      return this;
    }

    Node constant(String role, float value) {
      return constant(role, new Weights(List.of(), new float[] {value}));
    }

    Node attribute(String key, long value) {
      node.addAttribute(attributeOf(key, AttributeProto.AttributeType.INT).setI(value));
      return this;
    }

    Node attribute(String key, float value) {
      node.addAttribute(attributeOf(key, AttributeProto.AttributeType.FLOAT).setF(value));
      return this;
    }

    Node attribute(String key, List<Long> values) {
      node.addAttribute(attributeOf(key, AttributeProto.AttributeType.INTS).addAllInts(values));
      return this;
    }

    void add() {
      append(name);
    }

    /** The last node gives the graph's output. */
    void addAsOutput() {
      append(output);
    }

    private void append(String result) {
      graph.addNode(node.addOutput(result));
      last = result;
    }
  }

  Node node(String operator) {
    return new Node(operator);
  }

  /** Declares the input; a size of -1 is the symbolic batch. */
  OnnxGraph input(String name, List<Long> shape) {
    graph.addInput(declared(name, shape));
    return this;
  }

  OnnxGraph output(List<Long> shape) {
    graph.addOutput(declared(output, shape));
    return this;
  }

  GraphProto build() {
    return graph.build();
  }

  private static AttributeProto.Builder attributeOf(String key, AttributeProto.AttributeType type) {
    return AttributeProto.newBuilder().setName(key).setType(type);
  }

  private static TensorProto tensor(String name, Weights weights) {
    var bytes = ByteBuffer.allocate(weights.values().length * Float.BYTES);
    bytes.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().put(weights.values());
    return TensorProto.newBuilder()
        .setName(name)
        .setDataType(TensorProto.DataType.FLOAT_VALUE)
        .addAllDims(weights.shape())
        .setRawData(ByteString.copyFrom(bytes))
        .build();
  }

  private static ValueInfoProto declared(String name, List<Long> shape) {
    var sizes = new ArrayList<TensorShapeProto.Dimension>();
    for (long size : shape) {
      var dimension = TensorShapeProto.Dimension.newBuilder();
      sizes.add(
          size < 0 ? dimension.setDimParam("N").build() : dimension.setDimValue(size).build());
    }
    var tensor =
        TypeProto.Tensor.newBuilder()
            .setElemType(TensorProto.DataType.FLOAT_VALUE)
            .setShape(TensorShapeProto.newBuilder().addAllDim(sizes));
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(TypeProto.newBuilder().setTensorType(tensor))
        .build();
  }
}
