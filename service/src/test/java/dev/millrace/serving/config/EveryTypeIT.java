package dev.millrace.serving.config;

import static dev.millrace.serving.config.RunningService.json;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import dev.millrace.protocol.oip.InferTensorContents;
import dev.millrace.protocol.oip.ModelInferRequest;
import dev.millrace.protocol.oip.ModelInferRequest.InferInputTensor;
import dev.millrace.protocol.oip.ModelInferResponse;
import dev.millrace.serving.conformance.Conforms;
import dev.millrace.serving.conformance.Protocol;
import dev.millrace.serving.fixture.FixtureModels;
import dev.millrace.serving.tensor.DataType;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each type of element through each form of the Open Inference Protocol, bit for bit. */
@Timeout(60)
class EveryTypeIT {
  private static final String HEAD_LENGTH = "Inference-Header-Content-Length";

  @TempDir private static Path temporary;
  private static RunningService service;

  @BeforeAll
  static void start() throws IOException {
    var models = temporary.resolve("models");
    TypeSamples.addModels(models);
    FixtureModels.identity(FixtureRepository.folder(models, "scalar"), TensorProto.DataType.INT32);
    FixtureModels.anyLength(FixtureRepository.folder(models, "open"));
    service = RunningService.serving(models, temporary.resolve("home"));
  }

  @AfterAll
  static void stop() {
    service.close();
  }

  static List<TypeSamples> everyType() {
    return TypeSamples.all();
  }

  static List<TypeSamples> typesInJson() {
    return TypeSamples.all().stream().filter(TypeSamples::isInJson).toList();
  }

  /** The length of a request does not tell how many strings there are in it. */
  static List<TypeSamples> numbers() {
    return TypeSamples.all().stream().filter(samples -> samples.type() != DataType.BYTES).toList();
  }

  @Conforms(
      to = Protocol.OIP_REST,
      with = "binary tensors of every datatype, bit for bit, BYTES that are not text included")
  @ParameterizedTest
  @MethodSource("everyType")
  void binaryTensors(TypeSamples samples) {
    assertThat(
            binaryOutput(infer(samples.model(), binaryHead(samples), samples.raw().toByteArray())))
        .isEqualTo(samples.raw());
  }

  @Conforms(
      to = Protocol.OIP_REST,
      with = "JSON of every datatype but FP16 and BF16, which have no JSON form")
  @ParameterizedTest
  @MethodSource("typesInJson")
  void jsonToBinary(TypeSamples samples) {
    assertThat(binaryOutput(infer(samples.model(), jsonHead(samples, true))))
        .isEqualTo(samples.raw());
  }

  @Conforms(
      to = Protocol.OIP_REST,
      with = "JSON of every datatype but FP16 and BF16, which have no JSON form")
  @ParameterizedTest
  @MethodSource("typesInJson")
  void jsonToJsonAndBack(TypeSamples samples) {
    var answer = json(infer(samples.model(), jsonHead(samples, false)));
    var data = answer.path("outputs").path(0).path("data").toString();
    var again = data.substring(1, data.length() - 1);
    var samplesAgain =
        new TypeSamples(samples.type(), samples.onnx(), samples.raw(), again, samples.typed());
    assertThat(binaryOutput(infer(samples.model(), jsonHead(samplesAgain, true))))
        .isEqualTo(samples.raw());
  }

  @Conforms(to = Protocol.OIP_REST, with = "raw binary requests of every datatype but BYTES")
  @ParameterizedTest
  @MethodSource("numbers")
  void aRawRequest(TypeSamples samples) {
    var answer =
        service.post(
            path(samples.model()),
            BodyPublishers.ofByteArray(samples.raw().toByteArray()),
            HEAD_LENGTH,
            "0");
    assertThat(binaryOutput(answer)).isEqualTo(samples.raw());
  }

  @Conforms(to = Protocol.OIP_GRPC, with = "raw contents of every datatype, bit for bit")
  @ParameterizedTest
  @MethodSource("everyType")
  void grpcRawContents(TypeSamples samples) {
    var answer =
        service
            .grpc()
            .modelInfer(
                request(samples)
                    .addInputs(input(samples))
                    .addRawInputContents(samples.raw())
                    .build());
    assertThat(answer.getRawOutputContents(0)).isEqualTo(samples.raw());
  }

  @Conforms(
      to = Protocol.OIP_GRPC,
      with = "typed contents of every datatype but FP16 and BF16, answered in kind")
  @ParameterizedTest
  @MethodSource("typesInJson")
  void grpcTypedContents(TypeSamples samples) {
    var input = input(samples).setContents(samples.typed());
    var answer = service.grpc().modelInfer(request(samples).addInputs(input).build());
    assertThat(contents(answer)).isEqualTo(samples.typed());
  }

  @Conforms(to = Protocol.OIP_REST, with = "scalars and empty tensors")
  @Test
  void aScalar() {
    var head =
        """
        {"inputs":[{"name":"x","shape":[],"datatype":"INT32","data":[7]}]}""";
    var output = json(infer("scalar", head.getBytes(UTF_8))).path("outputs").path(0);
    assertThat(output.path("shape").toString()).isEqualTo("[]");
    assertThat(output.path("data").toString()).isEqualTo("[7]");
  }

  @Conforms(to = Protocol.OIP_REST, with = "scalars and empty tensors")
  @Test
  void rowsWithoutElements() {
    var head =
        """
        {"inputs":[{"name":"x","shape":[2,0],"datatype":"FP32","data":[]}]}""";
    var answer = infer("open", head.getBytes(UTF_8));
    assertThat(answer.statusCode()).as(new String(answer.body(), UTF_8)).isEqualTo(200);
    var output = json(answer).path("outputs").path(0);
    assertThat(output.path("shape").toString()).isEqualTo("[2,0]");
    assertThat(output.path("data").toString()).isEqualTo("[]");
  }

  @Test
  void noRowsAreRefused() {
    var head =
        """
        {"inputs":[{"name":"x","shape":[0,3],"datatype":"FP32","data":[]}]}""";
    assertThat(infer("open", head.getBytes(UTF_8)).statusCode()).isEqualTo(400);
  }

  private static HttpResponse<byte[]> infer(String model, byte[] head, byte... tensors) {
    var body = ByteBuffer.allocate(head.length + tensors.length).put(head).put(tensors);
    return service.post(
        path(model),
        BodyPublishers.ofByteArray(body.array()),
        HEAD_LENGTH,
        Integer.toString(head.length));
  }

  private static String path(String model) {
    return "/v2/models/" + model + "/infer";
  }

  private static byte[] binaryHead(TypeSamples samples) {
    return """
        {"inputs":[{"name":"x","shape":[1,3],"datatype":"%s","parameters":{"binary_data_size":%d}}],
         "parameters":{"binary_data_output":true}}
        """
        .formatted(samples.type(), samples.raw().size())
        .getBytes(UTF_8);
  }

  private static byte[] jsonHead(TypeSamples samples, boolean binaryOutput) {
    return """
        {"inputs":[{"name":"x","shape":[1,3],"datatype":"%s","data":[%s]}],
         "parameters":{"binary_data_output":%s}}
        """
        .formatted(samples.type(), samples.json(), binaryOutput)
        .getBytes(UTF_8);
  }

  private static ByteString binaryOutput(HttpResponse<byte[]> answer) {
    assertThat(answer.statusCode()).as(new String(answer.body(), UTF_8)).isEqualTo(200);
    int head = Integer.parseInt(answer.headers().firstValue(HEAD_LENGTH).orElseThrow());
    return ByteString.copyFrom(answer.body(), head, answer.body().length - head);
  }

  private static ModelInferRequest.Builder request(TypeSamples samples) {
    return ModelInferRequest.newBuilder().setModelName(samples.model());
  }

  private static InferInputTensor.Builder input(TypeSamples samples) {
    return InferInputTensor.newBuilder()
        .setName("x")
        .setDatatype(samples.type().name())
        .addAllShape(List.of(1L, 3L));
  }

  private static InferTensorContents contents(ModelInferResponse answer) {
    return answer.getOutputs(0).getContents();
  }
}
