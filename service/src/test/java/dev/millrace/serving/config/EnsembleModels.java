package dev.millrace.serving.config;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.millrace.serving.fixture.OnnxGraph;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Ensembles, and models for their steps, as Triton's users lay them out. */
final class EnsembleModels {
  static final String ADD_SUB =
      """
      max_batch_size: 8
      input [
        { name: "INPUT0" data_type: TYPE_INT32 dims: [ 16 ] },
        { name: "INPUT1" data_type: TYPE_INT32 dims: [ 16 ] }
      ]
      output [
        { name: "OUTPUT0" data_type: TYPE_INT32 dims: [ 16 ] },
        { name: "OUTPUT1" data_type: TYPE_INT32 dims: [ 16 ] }
      ]
      """;

  private EnsembleModels() {}

  /** One input IN and one output OUT, INT32 rows of one number. */
  static String numbers(String steps) {
    return """
    platform: "ensemble"
    max_batch_size: 8
    input { name: "IN" data_type: TYPE_INT32 dims: 1 }
    output { name: "OUT" data_type: TYPE_INT32 dims: 1 }
    ensemble_scheduling { %s }
    """
        .formatted(steps);
  }

  /** From one tensor to another through a model with x and y. */
  static String step(String model, String from, String to) {
    return """
    step { model_name: "%s" model_version: -1
           input_map { key: "x" value: "%s" } output_map { key: "y" value: "%s" } }
    """
        .formatted(model, from, to);
  }

  /** The folder of a version, which is empty. */
  static void ensemble(TritonModels models, String name, String config) throws IOException {
    models.version(name, 1);
    models.config(name, config);
  }

  /** x INT32 [-1,1] to y, twice as much. */
  static void doubling(TritonModels models, String name, int version) throws IOException {
    write(models, name, version, List.of("x", "x"));
  }

  /** x INT32 [-1,1] to y, always 0. */
  static void nothing(TritonModels models, String name, int version) throws IOException {
    graph().node("Sub", List.of("x", "x"), "y").write(unfinished(models, name, version));
    finish(models, name, version);
  }

  private static void write(TritonModels models, String name, int version, List<String> inputs)
      throws IOException {
    graph().node("Add", inputs, "y").write(unfinished(models, name, version));
    finish(models, name, version);
  }

  private static OnnxGraph graph() {
    return new OnnxGraph().input("x", DataType.INT32, -1, 1).output("y", DataType.INT32, -1, 1);
  }

  private static Path unfinished(TritonModels models, String name, int version) throws IOException {
    return Files.createDirectories(models.root().resolve(".new").resolve(name + version))
        .resolve("model.onnx");
  }

  private static void finish(TritonModels models, String name, int version) throws IOException {
    Files.createDirectories(models.root().resolve(name));
    Files.move(
        unfinished(models, name, version).getParent(),
        models.root().resolve(name).resolve(Integer.toString(version)));
  }
}
