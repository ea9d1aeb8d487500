package dev.millrace.serving.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import dev.millrace.protocol.tfs.ModelSpec;
import dev.millrace.protocol.tfs.PredictRequest;
import dev.millrace.protocol.tfs.PredictionServiceGrpc;
import dev.millrace.protocol.tfs.TensorProto;
import dev.millrace.protocol.tfs.TensorShapeProto;
import dev.millrace.serving.conformance.Conforms;
import dev.millrace.serving.conformance.Protocol;
import dev.millrace.serving.tensor.DataType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Each type of element through the protocols beside the Open Inference Protocol, bit for bit. They
 * write 16-bit floats as numbers, so these have values that numbers can tell.
 */
@Timeout(60)
class EveryTypeInDialectsIT {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).build();

  @TempDir private static Path temporary;
  private static RunningService service;

  @BeforeAll
  static void start() throws IOException {
    var models = temporary.resolve("models");
    TypeSamples.addModels(models);
    service = RunningService.serving(models, temporary.resolve("home"));
  }

  @AfterAll
  static void stop() {
    service.close();
  }

  static List<TypeSamples> everyType() {
    return TypeSamples.asNumbers();
  }

  static List<TypeSamples> numbers() {
    return everyType().stream().filter(samples -> samples.type() != DataType.BYTES).toList();
  }

  @Conforms(to = Protocol.TFS_REST, with = "every datatype in rows and in columns, bit for bit")
  @Conforms(to = Protocol.KSERVE_V1, with = "every datatype, bit for bit")
  @ParameterizedTest
  @MethodSource("everyType")
  void tensorFlowServing(TypeSamples samples) {
    var path = "/v1/models/" + samples.model() + ":predict";
    assertSame(samples, post(path, "{\"instances\":[[" + samples.json() + "]]}"), "/predictions/0");
    assertSame(samples, post(path, "{\"inputs\":[[" + samples.json() + "]]}"), "/outputs/0");
  }

  @Conforms(to = Protocol.MLFLOW, with = "every datatype in all four forms of JSON, bit for bit")
  @ParameterizedTest
  @MethodSource("everyType")
  void mlflow(TypeSamples samples) {
    var row = "[" + samples.json() + "]";
    for (var body :
        List.of(
            "{\"inputs\":[" + row + "]}",
            "{\"instances\":[" + row + "]}",
            "{\"dataframe_split\":{\"columns\":[\"a\",\"b\",\"c\"],\"data\":[" + row + "]}}")) {
      assertSame(samples, invoke(samples, body), "/predictions/0");
    }
    var elements = samples.json().split(",", -1);
    var named = "{\"a\":%s,\"b\":%s,\"c\":%s}".formatted(elements[0], elements[1], elements[2]);
    assertSame(
        samples, invoke(samples, "{\"dataframe_records\":[" + named + "]}"), "/predictions/0");
  }

  @Conforms(to = Protocol.MLFLOW, with = "CSV of every datatype but BYTES, bit for bit")
  @ParameterizedTest
  @MethodSource("numbers")
  void csv(TypeSamples samples) {
    var answer =
        service.post(
            "/models/" + samples.model() + "/invoke",
            BodyPublishers.ofString("a,b,c\n" + samples.json() + "\n"),
            "Content-Type",
            "text/csv");
    assertSame(samples, answer, "/predictions/0");
  }

  @Conforms(
      to = Protocol.CLOUD_EVENTS,
      with = "every datatype as binary tensors in binary mode, and as JSON in structured mode")
  @ParameterizedTest
  @MethodSource("everyType")
  void cloudEvents(TypeSamples samples) {
    var path = "/v2/models/" + samples.model() + "/infer";
    var head =
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,3],\"datatype\":\"%s\",\"parameters\":{\"binary_data_size\":%d}}],\"parameters\":{\"binary_data_output\":true}}"
            .formatted(samples.type(), samples.raw().size());
    var answer =
        service.post(
            path,
            BodyPublishers.ofByteArray(
                ByteString.copyFromUtf8(head).concat(samples.raw()).toByteArray()),
            "Inference-Header-Content-Length",
            Integer.toString(head.length()),
            "ce-id",
            "1",
            "ce-source",
            "/here",
            "ce-specversion",
            "1.0",
            "ce-type",
            "t");
    assertThat(answer.statusCode()).as(new String(answer.body(), UTF_8)).isEqualTo(200);
    assertThat(answer.headers().firstValue("ce-specversion")).contains("1.0");
    int length =
        Integer.parseInt(
            answer.headers().firstValue("Inference-Header-Content-Length").orElseThrow());
    assertThat(ByteString.copyFrom(answer.body()).substring(length)).isEqualTo(samples.raw());
    if (!samples.is16BitFloat()) {
      var event =
          "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/here\",\"type\":\"t\",\"data\":{\"inputs\":[{\"name\":\"x\",\"shape\":[1,3],\"datatype\":\"%s\",\"data\":[%s]}]}}"
              .formatted(samples.type(), samples.json());
      assertSame(
          samples,
          service.post(
              path, BodyPublishers.ofString(event), "Content-Type", "application/cloudevents+json"),
          "/data/outputs/0/data");
    }
  }

  @Conforms(to = Protocol.TFS_GRPC, with = "every datatype as tensor_content and as a list")
  @ParameterizedTest
  @MethodSource("everyType")
  void tensorFlowServingOverGrpc(TypeSamples samples) throws IOException {
    var typed = typed(samples).build();
    assertThat(predict(samples, typed)).isEqualTo(typed);
    var content = proto(samples).setTensorContent(content(samples)).build();
    assertThat(predict(samples, content)).isIn(typed, content);
  }

  private static TensorProto predict(TypeSamples samples, TensorProto x) {
    var request =
        PredictRequest.newBuilder()
            .setModelSpec(ModelSpec.newBuilder().setName(samples.model()))
            .putInputs("x", x)
            .build();
    return PredictionServiceGrpc.newBlockingStub(service.channel())
        .predict(request)
        .getOutputsOrThrow("y");
  }

  private static TensorProto.Builder proto(TypeSamples samples) {
    var type =
        switch (samples.type()) {
          case BYTES -> dev.millrace.protocol.tfs.DataType.DT_STRING;
          case FP16 -> dev.millrace.protocol.tfs.DataType.DT_HALF;
          case BF16 -> dev.millrace.protocol.tfs.DataType.DT_BFLOAT16;
          case FP32 -> dev.millrace.protocol.tfs.DataType.DT_FLOAT;
          case FP64 -> dev.millrace.protocol.tfs.DataType.DT_DOUBLE;
          default -> dev.millrace.protocol.tfs.DataType.valueOf("DT_" + samples.type().name());
        };
    var shape = TensorShapeProto.newBuilder();
    for (long size : new long[] {1, 3}) {
      shape.addDim(TensorShapeProto.Dim.newBuilder().setSize(size));
    }
    return TensorProto.newBuilder().setDtype(type).setTensorShape(shape);
  }

  private static TensorProto.Builder typed(TypeSamples samples) {
    var proto = proto(samples);
    var raw = samples.raw().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    while (raw.hasRemaining()) {
      switch (samples.type()) {
        case BOOL -> proto.addBoolVal(raw.get() != 0);
        case INT8 -> proto.addIntVal(raw.get());
        case UINT8 -> proto.addIntVal(raw.get() & 0xFF);
        case INT16 -> proto.addIntVal(raw.getShort());
        case UINT16 -> proto.addIntVal(raw.getShort() & 0xFFFF);
        case INT32 -> proto.addIntVal(raw.getInt());
        case UINT32 -> proto.addUint32Val(raw.getInt());
        case INT64 -> proto.addInt64Val(raw.getLong());
        case UINT64 -> proto.addUint64Val(raw.getLong());
        case FP16, BF16 -> proto.addHalfVal(raw.getShort() & 0xFFFF);
        case FP32 -> proto.addFloatVal(raw.getFloat());
        case FP64 -> proto.addDoubleVal(raw.getDouble());
        case BYTES -> proto.addStringVal(text(raw));
      }
    }
    return proto;
  }

  private static ByteString text(ByteBuffer raw) {
    var text = new byte[raw.getInt()];
    raw.get(text);
    return ByteString.copyFrom(text);
  }

  /** TensorFlow writes the lengths of all strings first, and then their bytes. */
  private static ByteString content(TypeSamples samples) throws IOException {
    if (samples.type() != DataType.BYTES) {
      return samples.raw();
    }
    var raw = samples.raw().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    var texts = new ArrayList<ByteString>();
    while (raw.hasRemaining()) {
      texts.add(text(raw));
    }
    var bytes = new ByteArrayOutputStream();
    var lengths = CodedOutputStream.newInstance(bytes);
    for (var text : texts) {
      lengths.writeUInt64NoTag(text.size());
    }
    lengths.flush();
    for (var text : texts) {
      text.writeTo(bytes);
    }
    return ByteString.copyFrom(bytes.toByteArray());
  }

  private static HttpResponse<byte[]> invoke(TypeSamples samples, String body) {
    return service.post(
        "/invocations",
        BodyPublishers.ofString(body),
        "Content-Type",
        "application/json",
        "X-Amzn-SageMaker-Target-Model",
        samples.model());
  }

  private static HttpResponse<byte[]> post(String path, String body) {
    return service.post(path, BodyPublishers.ofString(body), "Content-Type", "application/json");
  }

  private static void assertSame(TypeSamples samples, HttpResponse<byte[]> answer, String where) {
    assertThat(answer.statusCode()).as(new String(answer.body(), UTF_8)).isEqualTo(200);
    var elements = JSON.readTree(answer.body()).at(where);
    assertThat(raw(samples.type(), elements))
        .as(new String(answer.body(), UTF_8))
        .isEqualTo(samples.raw());
  }

  /** The bits that the numbers and texts of an answer mean. */
  private static ByteString raw(DataType type, JsonNode elements) {
    var raw = ByteBuffer.allocate(256).order(ByteOrder.LITTLE_ENDIAN);
    for (var element : elements) {
      switch (type) {
        case BOOL -> raw.put((byte) (element.booleanValue() ? 1 : 0));
        case INT8, UINT8 -> raw.put(element.bigIntegerValue().byteValue());
        case INT16, UINT16 -> raw.putShort(element.bigIntegerValue().shortValue());
        case INT32, UINT32 -> raw.putInt(element.bigIntegerValue().intValue());
        case INT64, UINT64 -> raw.putLong(element.bigIntegerValue().longValue());
        case FP16 -> raw.putShort(Float.floatToFloat16((float) element.doubleValue()));
        case BF16 ->
            raw.putShort((short) (Float.floatToIntBits((float) element.doubleValue()) >> 16));
        case FP32 -> raw.putFloat((float) element.doubleValue());
        case FP64 -> raw.putDouble(element.doubleValue());
        case BYTES -> {
          var text = element.stringValue().getBytes(UTF_8);
          raw.putInt(text.length).put(text);
        }
      }
    }
    return ByteString.copyFrom(raw.flip());
  }
}
