package dev.millrace.serving.config;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.millrace.serving.fixture.FixtureModels;
import dev.millrace.serving.fixture.OnnxGraph;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A repository of ONNX models as Triton's users lay it out, each with its configuration. */
final class TritonModels {
  private final Path root;

  TritonModels(Path root) {
    this.root = root;
  }

  Path root() {
    return root;
  }

  /** INPUT0 and INPUT1 INT32 [-1,16] to their sum OUTPUT0 and their difference OUTPUT1. */
  TritonModels simple(String config) throws IOException {
    var type = DataType.INT32;
    new OnnxGraph()
        .input("INPUT0", type, -1, 16)
        .input("INPUT1", type, -1, 16)
        .output("OUTPUT0", type, -1, 16)
        .output("OUTPUT1", type, -1, 16)
        .node("Add", List.of("INPUT0", "INPUT1"), "OUTPUT0")
        .node("Sub", List.of("INPUT0", "INPUT1"), "OUTPUT1")
        .write(version("simple", 1).resolve("model.onnx"));
    return config("simple", config);
  }

  /** x to y, unchanged. */
  TritonModels identity(String model, DataType type, String config, long... shape)
      throws IOException {
    FixtureModels.identity(version(model, 1), type, shape);
    return config(model, config);
  }

  /** a and b INT64 [-1] to both in a row, joined [-1]. */
  TritonModels joined(String config) throws IOException {
    var type = DataType.INT64;
    new OnnxGraph()
        .input("a", type, -2)
        .input("b", type, -2)
        .output("joined", type, -2)
        .node("Concat", List.of("a", "b"), "joined", OnnxGraph.integerAttribute("axis", 0))
        .write(version("joined", 1).resolve("model.onnx"));
    return config("joined", config);
  }

  TritonModels config(String model, String config) throws IOException {
    return file(model, "config.pbtxt", config);
  }

  TritonModels file(String model, String name, String content) throws IOException {
    var file = root.resolve(model).resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
    return this;
  }

  Path version(String model, int version) throws IOException {
    return Files.createDirectories(root.resolve(model).resolve(Integer.toString(version)));
  }
}
