package dev.millrace.serving.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.google.protobuf.ByteString;
import dev.millrace.protocol.oip.ModelConfigRequest;
import dev.millrace.protocol.oip.ModelInferRequest;
import dev.millrace.protocol.oip.ModelInferRequest.InferInputTensor;
import dev.millrace.serving.conformance.Conforms;
import dev.millrace.serving.conformance.Protocol;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Ensembles of a repository made for Triton answer as their steps do, one after the other. */
@Timeout(120)
@TestInstance(Lifecycle.PER_CLASS)
class EnsembleIT {
  private RunningService service;

  @BeforeAll
  void serve(@TempDir Path temporary) throws Exception {
    var models = new TritonModels(temporary.resolve("models")).simple(EnsembleModels.ADD_SUB);
    EnsembleModels.doubling(models, "double", 1);
    EnsembleModels.doubling(models, "kept", 1);
    models.config(
        "kept",
        """
        max_batch_size: 8
        input { name: "x" data_type: TYPE_INT32 dims: 1 }
        output { name: "y" data_type: TYPE_INT32 dims: 1 }
        response_cache { enable: true }
        """);
    models.identity(
        "texts",
        DataType.STRING,
        """
        max_batch_size: 4
        input { name: "x" data_type: TYPE_STRING dims: [ 1 ] }
        output { name: "y" data_type: TYPE_STRING dims: [ 1 ] label_filename: "labels.txt" }
        """,
        -1,
        1);
    models.file("texts", "labels.txt", "only\n");
    // Named so that a look by name comes to them before their steps.
    addSums(models);
    EnsembleModels.ensemble(
        models,
        "a_chain",
        EnsembleModels.numbers(
            EnsembleModels.step("double", "t", "OUT") + EnsembleModels.step("double", "IN", "t")));
    EnsembleModels.ensemble(
        models,
        "a_nested",
        EnsembleModels.numbers(
            nested("a_chain", "IN", "t") + EnsembleModels.step("double", "t", "OUT")));
    EnsembleModels.ensemble(
        models,
        "a_cached",
        EnsembleModels.numbers(
            EnsembleModels.step("kept", "IN", "t") + EnsembleModels.step("double", "t", "OUT")));
    EnsembleModels.ensemble(
        models,
        "a_long",
        EnsembleModels.numbers(
            EnsembleModels.step("kept", "IN", "t0")
                + String.join(
                    "",
                    IntStream.range(0, 199)
                        .mapToObj(
                            i ->
                                EnsembleModels.step(
                                    "kept", "t" + i, i == 198 ? "OUT" : "t" + (i + 1)))
                        .toList())));
    EnsembleModels.ensemble(
        models,
        "a_texts",
        """
        platform: "ensemble"
        max_batch_size: 4
        input { name: "IN" data_type: TYPE_STRING dims: 1 }
        output { name: "OUT" data_type: TYPE_STRING dims: 1 }
        ensemble_scheduling { max_inflight_requests: 1
        """
            + EnsembleModels.step("texts", "IN", "t")
            + EnsembleModels.step("texts", "t", "OUT")
            + "}");
    service = RunningService.serving(models.root(), temporary.resolve("home"));
  }

  private static String nested(String model, String from, String to) {
    return """
    step { model_name: "%s" model_version: 1
           input_map { key: "IN" value: "%s" } output_map { key: "OUT" value: "%s" } }
    """
        .formatted(model, from, to);
  }

  /** a + b and a - b, then their sum and their difference: 2a and 2b. */
  private static void addSums(TritonModels models) throws Exception {
    EnsembleModels.ensemble(
        models,
        "a_diamond",
        """
        platform: "ensemble"
        max_batch_size: 8
        input [ { name: "A" data_type: TYPE_INT32 dims: 16 },
                { name: "B" data_type: TYPE_INT32 dims: 16 } ]
        output [ { name: "TWICE_B" data_type: TYPE_INT32 dims: 16 },
                 { name: "TWICE_A" data_type: TYPE_INT32 dims: 16 } ]
        ensemble_scheduling {
          step [
            { model_name: "simple" model_version: -1
              input_map [ { key: "INPUT0" value: "A" }, { key: "INPUT1" value: "B" } ]
              output_map [ { key: "OUTPUT0" value: "left" } ] },
            { model_name: "simple" model_version: 1
              input_map [ { key: "INPUT1" value: "B" }, { key: "INPUT0" value: "A" } ]
              output_map [ { key: "OUTPUT1" value: "right" } ] },
            { model_name: "simple"
              input_map [ { key: "INPUT0" value: "left" }, { key: "INPUT1" value: "right" } ]
              output_map [ { key: "OUTPUT0" value: "TWICE_A" }, { key: "OUTPUT1" value: "TWICE_B" } ] }
          ]
        }
        """);
  }

  @AfterAll
  void stop() {
    service.close();
  }

  @Test
  @Conforms(
      to = Protocol.TRITON_CONFIG,
      with = "ensemble_scheduling: a chain of steps, batches of rows, REST")
  void answersRowsThroughAChain() {
    assertThat(ask("a_chain", 3, 5)).isEqualTo("[12,20]");
    assertThat(ask("a_chain/versions/1", -1)).isEqualTo("[-4]");
  }

  @Test
  @Conforms(
      to = Protocol.TRITON_CONFIG,
      with = "ensemble_scheduling: steps side by side, several tensors, a part of the outputs")
  void answersThroughStepsSideBySide() {
    var answer = post("a_diamond", sums(""));
    assertThat(json(answer).at("/outputs/0/name").asString()).isEqualTo("TWICE_B");
    assertThat(json(answer).at("/outputs/0/data").toString()).startsWith("[6,6,");
    assertThat(json(answer).at("/outputs/1/data").toString()).startsWith("[10,10,");
    var part = json(post("a_diamond", sums(",\"outputs\":[{\"name\":\"TWICE_A\"}]")));
    assertThat(part.path("outputs")).hasSize(1);
    assertThat(part.at("/outputs/0/data").toString()).startsWith("[10,10,");
  }

  private static String sums(String more) {
    var fives = "5,".repeat(15) + 5;
    var threes = "3,".repeat(15) + 3;
    return """
    {"inputs":[{"name":"B","datatype":"INT32","shape":[1,16],"data":[%s]},
               {"name":"A","datatype":"INT32","shape":[1,16],"data":[%s]}]%s}
    """
        .formatted(threes, fives, more);
  }

  @Test
  @Conforms(
      to = Protocol.TRITON_CONFIG,
      with = "ensemble_scheduling: ensembles as steps of ensembles")
  void answersThroughAnEnsembleOfEnsembles() {
    assertThat(ask("a_nested", 1, 2, 3)).isEqualTo("[8,16,24]");
  }

  @Test
  @Conforms(to = Protocol.TRITON_CONFIG, with = "ensemble_scheduling: TYPE_STRING through steps")
  void answersTextsThroughSteps() {
    var answer =
        post(
            "a_texts",
            "{\"inputs\":[{\"name\":\"IN\",\"datatype\":\"BYTES\",\"shape\":[2,1],\"data\":[\"eins\",\"\\ud83d\\ude00\"]}]}");
    assertThat(json(answer).at("/outputs/0/data").toString()).isEqualTo("[\"eins\",\"😀\"]");
    assertThat(service.catalog().describe("a_texts", null).labels("OUT")).containsExactly("only");
  }

  @Test
  @Conforms(to = Protocol.TRITON_CONFIG, with = "ensemble_scheduling: binary tensors, REST")
  void answersBinaryTensors() {
    var head =
        """
        {"inputs":[{"name":"IN","datatype":"INT32","shape":[2,1],"parameters":{"binary_data_size":8}}],
         "outputs":[{"name":"OUT","parameters":{"binary_data":true}}]}
        """
            .getBytes(StandardCharsets.UTF_8);
    var body = ByteBuffer.allocate(head.length + 8).order(ByteOrder.LITTLE_ENDIAN);
    body.put(head).putInt(7).putInt(-9);
    var answer =
        service.post(
            "/v2/models/a_chain/infer",
            BodyPublishers.ofByteArray(body.array()),
            "Inference-Header-Content-Length",
            Integer.toString(head.length));
    assertThat(answer.statusCode()).isEqualTo(200);
    int length =
        (int) answer.headers().firstValueAsLong("Inference-Header-Content-Length").orElseThrow();
    var numbers = ByteBuffer.wrap(answer.body(), length, 8).order(ByteOrder.LITTLE_ENDIAN);
    assertThat(new int[] {numbers.getInt(), numbers.getInt()}).containsExactly(28, -36);
  }

  @Test
  @Conforms(to = Protocol.TRITON_CONFIG, with = "ensemble_scheduling, gRPC")
  void answersOverGrpc() {
    var answer = service.grpc().modelInfer(message("a_chain", "INT32"));
    assertThat(answer.getModelName()).isEqualTo("a_chain");
    assertThat(answer.getModelVersion()).isEqualTo("1");
    assertThat(
            answer
                .getRawOutputContents(0)
                .asReadOnlyByteBuffer()
                .order(ByteOrder.LITTLE_ENDIAN)
                .getInt())
        .isEqualTo(28);
    assertThatThrownBy(() -> service.grpc().modelInfer(message("a_chain", "FP32")))
        .hasMessageContaining("INVALID_ARGUMENT")
        .hasMessageContaining("a_chain");
  }

  private static ModelInferRequest message(String model, String datatype) {
    var seven = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(7).flip();
    return ModelInferRequest.newBuilder()
        .setModelName(model)
        .addInputs(
            InferInputTensor.newBuilder()
                .setName("IN")
                .setDatatype(datatype)
                .addShape(1)
                .addShape(1))
        .addRawInputContents(ByteString.copyFrom(seven))
        .build();
  }

  /** A kept answer lies on the heap, where one of a run does not. */
  @Test
  void passesOnWhatAStepAnswersFromItsCache() {
    assertThat(ask("a_cached", 21)).isEqualTo("[84]");
    assertThat(ask("a_cached", 21)).isEqualTo("[84]");
    assertThat(service.metric("nv_cache_num_hits_per_model", "model=\"kept\"")).isPositive();
  }

  @Test
  void answersThroughTwoHundredSteps() {
    assertThat(ask("a_long", 0)).isEqualTo("[0]");
    assertThat(ask("a_long", 0)).isEqualTo("[0]");
  }

  @Test
  void keepsManyRequestsAtOnceApart() {
    var asked =
        IntStream.range(0, 200)
            .mapToObj(
                i ->
                    service.postLater(
                        "/v2/models/a_nested/infer", BodyPublishers.ofString(numbers(i))))
            .toList();
    CompletableFuture.allOf(asked.toArray(CompletableFuture[]::new)).join();
    for (int i = 0; i < asked.size(); i++) {
      assertThat(json(asked.get(i).join()).at("/outputs/0/data/0").asInt(-1)).isEqualTo(8 * i);
    }
  }

  @Test
  @Conforms(
      to = Protocol.TRITON_CONFIG,
      with = "ensemble_scheduling: metadata, configuration, statistics, index and readiness")
  void isDescribedLikeAnyModel() {
    var metadata = json(service.get(service.http("/v2/models/a_nested")));
    assertThat(metadata.path("platform").asString()).isEqualTo("ensemble");
    assertThat(metadata.at("/inputs/0/shape").toString()).isEqualTo("[-1,1]");
    var config = json(service.get(service.http("/v2/models/a_nested/config")));
    assertThat(config.path("platform").asString()).isEqualTo("ensemble");
    assertThat(config.path("backend").asString("?")).isEmpty();
    assertThat(config.at("/ensemble_scheduling/step")).hasSize(2);
    assertThat(config.at("/ensemble_scheduling/step/0/input_map/IN").asString()).isEqualTo("IN");
    assertThat(
            service
                .grpc()
                .modelConfig(ModelConfigRequest.newBuilder().setName("a_nested").build())
                .getConfig()
                .getEnsembleScheduling()
                .getStep(0)
                .getModelName())
        .isEqualTo("a_chain");
    assertThat(service.get(service.http("/v2/models/a_nested/ready")).statusCode()).isEqualTo(200);
    assertThat(service.get(service.http("/v1/models/a_nested")).statusCode()).isEqualTo(200);
    assertThat(new String(post("/v2/repository/index", "").body(), StandardCharsets.UTF_8))
        .contains("a_nested");
  }

  @Test
  void countsItsOwnRequestsAndLetsItsStepsCountTheirs() {
    double steps = succeeded("double");
    double before = succeeded("a_chain");
    ask("a_chain", 1, 2, 3);
    assertThat(succeeded("a_chain") - before).isEqualTo(1);
    assertThat(succeeded("double") - steps).isEqualTo(2);
    var statistics =
        json(service.get(service.http("/v2/models/a_chain/stats"))).at("/model_stats/0");
    assertThat(statistics.at("/inference_stats/success/ns").asLong()).isPositive();
    assertThat(statistics.at("/inference_stats/compute_infer/ns").asLong()).isPositive();
    assertThat(statistics.path("execution_count").asLong()).isPositive();
  }

  private double succeeded(String model) {
    return service.metric("nv_inference_request_success", "model=\"" + model + "\"");
  }

  @Test
  void refusesWhatDoesNotFitItsSignature() {
    var answer = post("a_chain", numbers(1, 2, 3, 4, 5, 6, 7, 8, 9));
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(new String(answer.body(), StandardCharsets.UTF_8))
        .contains("inference request batch-size must be <= 8 for 'a_chain'");
  }

  private String ask(String model, int... rows) {
    var answer = post(model, numbers(rows));
    assertThat(answer.statusCode())
        .as(new String(answer.body(), StandardCharsets.UTF_8))
        .isEqualTo(200);
    return json(answer).at("/outputs/0/data").toString();
  }

  static String numbers(int... rows) {
    return "{\"inputs\":[{\"name\":\"IN\",\"datatype\":\"INT32\",\"shape\":[%d,1],\"data\":%s}]}"
        .formatted(rows.length, Arrays.toString(rows));
  }

  private HttpResponse<byte[]> post(String model, String body) {
    var path = model.startsWith("/") ? model : "/v2/models/" + model + "/infer";
    return service.post(path, BodyPublishers.ofString(body));
  }

  private static JsonNode json(HttpResponse<byte[]> answer) {
    return RunningService.json(answer);
  }
}
