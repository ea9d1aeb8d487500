package dev.millrace.serving.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.millrace.serving.conformance.Conforms;
import dev.millrace.serving.conformance.Protocol;
import dev.millrace.serving.fixture.OnnxGraph;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** A repository with models of the names, shapes and configurations of Triton's own examples. */
@Timeout(120)
@TestInstance(Lifecycle.PER_CLASS)
class TritonExamplesIT {
  private static final int WIDTH = 16;

  private RunningService service;

  @BeforeAll
  void serve(@TempDir Path temporary) throws Exception {
    var models = new TritonModels(temporary.resolve("models"));
    addAndSubtract(models, "simple", DataType.INT32, "TYPE_INT32");
    addAndSubtract(models, "simple_int8", DataType.INT8, "TYPE_INT8");
    addAndSubtract(models, "simple_string", DataType.STRING, "TYPE_STRING");
    identity(models);
    sequence(
        models,
        "simple_sequence",
        """
        sequence_batching {
          max_sequence_idle_microseconds: 5000000
          control_input [
            { name: "START" control [ { kind: CONTROL_SEQUENCE_START int32_false_true: [ 0, 1 ] } ] },
            { name: "READY" control [ { kind: CONTROL_SEQUENCE_READY int32_false_true: [ 0, 1 ] } ] }
          ]
          state [ { input_name: "STATE" output_name: "STATE_OUT" data_type: TYPE_INT32 dims: [ 1 ] } ]
        }
        """);
    sequence(
        models,
        "simple_dyna_sequence",
        """
        sequence_batching {
          max_sequence_idle_microseconds: 5000000
          oldest { max_candidate_sequences: 4 preferred_batch_size: [ 2, 4 ] max_queue_delay_microseconds: 100 }
          control_input [
            { name: "START" control [ { kind: CONTROL_SEQUENCE_START int32_false_true: [ 0, 1 ] } ] },
            { name: "READY" control [ { kind: CONTROL_SEQUENCE_READY int32_false_true: [ 0, 1 ] } ] }
          ]
          state [ { input_name: "STATE" output_name: "STATE_OUT" data_type: TYPE_INT32 dims: [ 1 ] } ]
        }
        """);
    ensemble(models);
    service = RunningService.serving(models.root(), temporary.resolve("home"));
  }

  @AfterAll
  void stop() {
    service.close();
  }

  /** ONNX Runtime adds neither bytes nor texts, so these are numbers in between. */
  private static void addAndSubtract(
      TritonModels models, String name, DataType type, String configured) throws Exception {
    var graph = new OnnxGraph();
    for (var input : List.of("INPUT0", "INPUT1")) {
      graph
          .input(input, type, -1, WIDTH)
          .node("Cast", List.of(input), "n" + input, to(DataType.INT32));
    }
    graph
        .node("Add", List.of("nINPUT0", "nINPUT1"), "sum")
        .node("Sub", List.of("nINPUT0", "nINPUT1"), "difference")
        .node("Cast", List.of("sum"), "OUTPUT0", to(type))
        .node("Cast", List.of("difference"), "OUTPUT1", to(type))
        .output("OUTPUT0", type, -1, WIDTH)
        .output("OUTPUT1", type, -1, WIDTH)
        .write(models.version(name, 1).resolve("model.onnx"));
    models.config(
        name,
        """
        name: "%s"
        platform: "onnxruntime_onnx"
        max_batch_size: 8
        input [
          { name: "INPUT0" data_type: %s dims: [ 16 ] },
          { name: "INPUT1" data_type: %s dims: [ 16 ] }
        ]
        output [
          { name: "OUTPUT0" data_type: %s dims: [ 16 ] },
          { name: "OUTPUT1" data_type: %s dims: [ 16 ] }
        ]
        """
            .formatted(name, configured, configured, configured, configured));
  }

  private static void identity(TritonModels models) throws Exception {
    new OnnxGraph()
        .input("INPUT0", DataType.STRING, -1, -2)
        .output("OUTPUT0", DataType.STRING, -1, -2)
        .node("Identity", List.of("INPUT0"), "OUTPUT0")
        .write(models.version("simple_identity", 1).resolve("model.onnx"));
    models.config(
        "simple_identity",
        """
        name: "simple_identity"
        backend: "onnxruntime"
        max_batch_size: 8
        input [ { name: "INPUT0" data_type: TYPE_STRING dims: [ -1 ] } ]
        output [ { name: "OUTPUT0" data_type: TYPE_STRING dims: [ -1 ] } ]
        """);
  }

  /** The sum of the inputs since the start. */
  private static void sequence(TritonModels models, String name, String batching) throws Exception {
    var type = DataType.INT32;
    new OnnxGraph()
        .input("INPUT", type, -1, 1)
        .input("START", type, -1, 1)
        .input("READY", type, -1, 1)
        .input("STATE", type, -1, 1)
        .output("OUTPUT", type, -1, 1)
        .output("STATE_OUT", type, -1, 1)
        .node("Sub", List.of("READY", "START"), "follows")
        .node("Mul", List.of("STATE", "follows"), "before")
        .node("Add", List.of("INPUT", "before"), "OUTPUT")
        .node("Identity", List.of("OUTPUT"), "STATE_OUT")
        .write(models.version(name, 1).resolve("model.onnx"));
    models.config(
        name,
        """
        name: "%s"
        platform: "onnxruntime_onnx"
        max_batch_size: 8
        input [ { name: "INPUT" data_type: TYPE_INT32 dims: [ 1 ] } ]
        output [ { name: "OUTPUT" data_type: TYPE_INT32 dims: [ 1 ] } ]
        instance_group [ { kind: KIND_CPU } ]
        %s"""
            .formatted(name, batching));
  }

  /** Adds and subtracts, and then does so with both results: twice each input. */
  private static void ensemble(TritonModels models) throws Exception {
    Files.createDirectories(models.version("simple_ensemble", 1));
    models.config(
        "simple_ensemble",
        """
        name: "simple_ensemble"
        platform: "ensemble"
        max_batch_size: 8
        input [
          { name: "INPUT0" data_type: TYPE_INT32 dims: [ 16 ] },
          { name: "INPUT1" data_type: TYPE_INT32 dims: [ 16 ] }
        ]
        output [
          { name: "OUTPUT0" data_type: TYPE_INT32 dims: [ 16 ] },
          { name: "OUTPUT1" data_type: TYPE_INT32 dims: [ 16 ] }
        ]
        ensemble_scheduling {
          step [
            { model_name: "simple" model_version: -1
              input_map { key: "INPUT0" value: "INPUT0" }
              input_map { key: "INPUT1" value: "INPUT1" }
              output_map { key: "OUTPUT0" value: "sum" }
              output_map { key: "OUTPUT1" value: "difference" } },
            { model_name: "simple" model_version: 1
              input_map { key: "INPUT0" value: "sum" }
              input_map { key: "INPUT1" value: "difference" }
              output_map { key: "OUTPUT0" value: "OUTPUT0" }
              output_map { key: "OUTPUT1" value: "OUTPUT1" } }
          ]
        }
        """);
  }

  private static AttributeProto to(DataType type) {
    return OnnxGraph.integerAttribute("to", type.getNumber());
  }

  @ParameterizedTest
  @ValueSource(strings = {"simple:INT32", "simple_int8:INT8", "simple_string:BYTES"})
  @Conforms(
      to = Protocol.TRITON_CONFIG,
      with = "models like Triton's examples: add and subtract, in INT32, INT8 and strings")
  void addsAndSubtracts(String modelAndType) {
    var parts = modelAndType.split(":", -1);
    var answer = addedAndSubtracted(parts[0], parts[1]);
    for (int i = 0; i < 2 * WIDTH; i++) {
      assertThat(answer.at("/outputs/0/data/" + i).asString()).isEqualTo(Integer.toString(i + 3));
      assertThat(answer.at("/outputs/1/data/" + i).asString()).isEqualTo(Integer.toString(i - 3));
    }
  }

  @Test
  @Conforms(to = Protocol.TRITON_CONFIG, with = "models like Triton's examples: an ensemble")
  void runsTheEnsemble() {
    var answer = addedAndSubtracted("simple_ensemble", "INT32");
    for (int i = 0; i < 2 * WIDTH; i++) {
      assertThat(answer.at("/outputs/0/data/" + i).asInt()).isEqualTo(2 * i);
      assertThat(answer.at("/outputs/1/data/" + i).asInt()).isEqualTo(6);
    }
  }

  /** Two rows: of one input 0 to 31, of the other 3 each. */
  private JsonNode addedAndSubtracted(String model, String type) {
    var quote = type.equals("BYTES") ? "\"" : "";
    var first =
        IntStream.range(0, 2 * WIDTH)
            .mapToObj(i -> quote + i + quote)
            .collect(Collectors.joining(","));
    var second =
        IntStream.range(0, 2 * WIDTH)
            .mapToObj(_ -> quote + "3" + quote)
            .collect(Collectors.joining(","));
    return infer(
        model,
        """
        {"inputs":[{"name":"INPUT0","shape":[2,16],"datatype":"%s","data":[%s]},
                   {"name":"INPUT1","shape":[2,16],"datatype":"%s","data":[%s]}]}"""
            .formatted(type, first, type, second));
  }

  @Test
  @Conforms(
      to = Protocol.TRITON_CONFIG,
      with = "models like Triton's examples: strings of any number, unchanged")
  void givesTextsBack() {
    var answer =
        infer(
            "simple_identity",
            """
            {"inputs":[{"name":"INPUT0","shape":[1,3],"datatype":"BYTES","data":["","Mühle 😀","a\\u0000b"]}]}""");
    assertThat(answer.at("/outputs/0/shape")).hasToString("[1,3]");
    assertThat(answer.at("/outputs/0/data/1").asString()).isEqualTo("Mühle 😀");
    assertThat(answer.at("/outputs/0/data/2").asString()).isEqualTo("a\0b");
  }

  /** As Triton's example client does: two sequences at a time, one of them with a text as id. */
  @ParameterizedTest
  @ValueSource(strings = {"simple_sequence", "simple_dyna_sequence"})
  @Conforms(
      to = Protocol.TRITON_CONFIG,
      with = "models like Triton's examples: sequences that accumulate")
  void accumulates(String model) {
    int[] values = {11, 7, 5, 3, 2, 0, 1};
    int sum = 0;
    for (int i = 0; i < values.length; i++) {
      sum += values[i];
      assertThat(accumulated(model, "1007", i, values)).isEqualTo(sum);
      assertThat(accumulated(model, "\"other\"", i, values)).isEqualTo(sum);
    }
  }

  private int accumulated(String model, String id, int index, int... values) {
    var answer =
        infer(
            model,
            """
            {"parameters":{"sequence_id":%s,"sequence_start":%s,"sequence_end":%s},
             "inputs":[{"name":"INPUT","shape":[1,1],"datatype":"INT32","data":[%d]}]}"""
                .formatted(id, index == 0, index == values.length - 1, values[index]));
    return answer.at("/outputs/0/data/0").asInt();
  }

  private JsonNode infer(String model, String body) {
    var answer = service.post("/v2/models/" + model + "/infer", BodyPublishers.ofString(body));
    assertThat(answer.statusCode()).as(new String(answer.body(), UTF_8)).isEqualTo(200);
    return RunningService.json(answer);
  }
}
