package dev.millrace.serving.config;

import static dev.millrace.serving.config.RunningService.json;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.millrace.protocol.oip.CudaSharedMemoryRegisterRequest;
import dev.millrace.protocol.oip.CudaSharedMemoryStatusRequest;
import dev.millrace.protocol.oip.CudaSharedMemoryUnregisterRequest;
import dev.millrace.protocol.oip.InferParameter;
import dev.millrace.protocol.oip.LogSettingsRequest;
import dev.millrace.protocol.oip.ModelInferRequest;
import dev.millrace.protocol.oip.ModelInferRequest.InferInputTensor;
import dev.millrace.protocol.oip.ModelInferRequest.InferRequestedOutputTensor;
import dev.millrace.protocol.oip.ServerMetadataRequest;
import dev.millrace.protocol.oip.SystemSharedMemoryRegisterRequest;
import dev.millrace.protocol.oip.SystemSharedMemoryStatusRequest;
import dev.millrace.protocol.oip.SystemSharedMemoryUnregisterRequest;
import dev.millrace.protocol.oip.TraceSettingRequest;
import dev.millrace.serving.conformance.Conforms;
import dev.millrace.serving.conformance.Protocol;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Triton's extensions on both protocols of a running service. */
@Timeout(60)
class ExtensionsIT {
  private static final String SHARED_MEMORY_OFF = "Client shared memory is disabled: ";

  @TempDir private static Path temporary;
  private static RunningService service;

  @BeforeAll
  static void start() throws IOException {
    var models = temporary.resolve("models");
    FixtureRepository.addPairs(models);
    FixtureRepository.addPictures(models);
    service = RunningService.serving(models, temporary.resolve("home"));
  }

  @AfterAll
  static void stop() {
    service.close();
  }

  @Test
  void namesWhatItHas() {
    var names = List.of("classification", "logging", "statistics");
    assertThat(
            service
                .grpc()
                .serverMetadata(ServerMetadataRequest.getDefaultInstance())
                .getExtensionsList())
        .containsAll(names)
        .doesNotContain("system_shared_memory", "cuda_shared_memory", "trace");
    assertThat(json(get("/v2")).path("extensions").toString()).contains(names);
  }

  @Test
  @Conforms(to = Protocol.TRITON, with = "classification")
  void ranksClassesInJson() {
    var answer = infer("pictures", picture("{\"classification\":3}"));
    assertThat(answer.statusCode()).isEqualTo(200);
    var output = json(answer).path("outputs").get(0);
    assertThat(output.path("datatype").asString()).isEqualTo("BYTES");
    assertThat(output.path("shape").toString()).isEqualTo("[1,3]");
    assertThat(output.path("data")).hasSize(3);
    for (var ranked : output.path("data")) {
      assertThat(ranked.asString()).matches("0\\.\\d{6}:(\\d):\\1");
    }
  }

  @Test
  @Conforms(to = Protocol.TRITON, with = "classification")
  void ranksClassesInBinaryAndOverGrpc() {
    var json = new ArrayList<String>();
    for (var ranked :
        json(infer("pictures", picture("{\"classification\":2}")))
            .path("outputs")
            .get(0)
            .path("data")) {
      json.add(ranked.asString());
    }
    var binary = infer("pictures", picture("{\"classification\":2,\"binary_data\":true}"));
    int head =
        (int) binary.headers().firstValueAsLong("Inference-Header-Content-Length").orElseThrow();
    var tail = ByteBuffer.wrap(binary.body(), head, binary.body().length - head);
    assertThat(strings(tail)).isEqualTo(json);
    var answer = service.grpc().modelInfer(picture(2));
    assertThat(answer.getOutputs(0).getDatatype()).isEqualTo("BYTES");
    assertThat(answer.getOutputs(0).getShapeList()).containsExactly(1L, 2L);
    assertThat(strings(answer.getRawOutputContents(0).asReadOnlyByteBuffer())).isEqualTo(json);
  }

  @Test
  @Conforms(to = Protocol.TRITON, with = "logging")
  void showsAndSetsWhatIsLogged() {
    var logger = LoggerFactory.getLogger("dev.millrace.serving.config.SomethingOfOurs");
    assertThat(json(get("/v2/logging")).toString())
        .isEqualTo(
            "{\"log_file\":\"\",\"log_info\":true,\"log_warning\":true,\"log_error\":true,\"log_verbose_level\":0,\"log_format\":\"ISO8601\"}");
    assertThat(logger.isDebugEnabled()).isFalse();
    try {
      var set = json(post("/v2/logging", "{\"log_verbose_level\":1,\"log_file\":null}"));
      assertThat(set.path("log_verbose_level").asInt()).isEqualTo(1);
      assertThat(logger.isDebugEnabled()).isTrue();
      var quiet =
          service
              .grpc()
              .logSettings(
                  LogSettingsRequest.newBuilder()
                      .putSettings("log_verbose_level", number(0))
                      .putSettings("log_info", flag(false))
                      .build());
      assertThat(quiet.getSettingsOrThrow("log_info").getBoolParam()).isFalse();
      assertThat(quiet.getSettingsOrThrow("log_verbose_level").getUint32Param()).isZero();
      assertThat(logger.isInfoEnabled()).isFalse();
      assertThat(logger.isWarnEnabled()).isTrue();
    } finally {
      post("/v2/logging", "{\"log_info\":true,\"log_verbose_level\":0}");
    }
    assertThat(logger.isInfoEnabled()).isTrue();
    assertThat(logger.isDebugEnabled()).isFalse();
  }

  @Test
  @Conforms(to = Protocol.TRITON, with = "no file that a client names is written")
  void takesNoFileFromAClient() {
    assertError(
        post("/v2/logging", "{\"log_file\":\"/tmp/x\"}"),
        501,
        "log file location can not be updated through network protocol; Millrace logs to its standard output.");
    for (var path : List.of("/v2/trace/setting", "/v2/models/pairs/trace/setting")) {
      assertError(
          post(path, "{\"trace_file\":\"/tmp/x\"}"),
          501,
          "trace file location can not be updated through network protocol");
    }
    var log =
        LogSettingsRequest.newBuilder()
            .putSettings(
                "log_file",
                LogSettingsRequest.SettingValue.newBuilder().setStringParam("/tmp/x").build())
            .build();
    assertThatThrownBy(() -> service.grpc().logSettings(log))
        .hasMessageStartingWith("UNIMPLEMENTED: log file location");
    var trace =
        TraceSettingRequest.newBuilder().putSettings("trace_file", values("/tmp/x")).build();
    assertThatThrownBy(() -> service.grpc().traceSetting(trace))
        .hasMessageStartingWith("UNIMPLEMENTED: trace file location");
  }

  @Test
  @Conforms(to = Protocol.TRITON, with = "trace settings are kept; nothing is traced")
  void keepsTraceSettings() {
    assertThat(
            json(post(
                    "/v2/models/pairs/trace/setting",
                    "{\"trace_rate\":\"7\",\"trace_level\":[\"OFF\"]}"))
                .toString())
        .isEqualTo(
            "{\"trace_level\":[\"OFF\"],\"trace_rate\":\"7\",\"trace_count\":\"-1\",\"log_frequency\":\"0\",\"trace_file\":\"\",\"trace_mode\":\"triton\"}");
    var ofModel =
        service.grpc().traceSetting(TraceSettingRequest.newBuilder().setModelName("pairs").build());
    assertThat(ofModel.getSettingsOrThrow("trace_rate").getValueList()).containsExactly("7");
    assertThat(json(get("/v2/trace/setting")).path("trace_rate").asString()).isEqualTo("1000");
    var cleared =
        TraceSettingRequest.newBuilder()
            .setModelName("pairs")
            .putSettings("trace_rate", values())
            .build();
    assertThat(service.grpc().traceSetting(cleared).getSettingsOrThrow("trace_rate").getValueList())
        .containsExactly("1000");
    assertThat(
            json(post("/v2/models/pairs/trace/setting", "{\"trace_rate\":null}"))
                .path("trace_rate")
                .asString())
        .isEqualTo("1000");
    assertError(
        post("/v2/trace/setting", "{\"trace_level\":[\"TIMESTAMPS\"]}"),
        501,
        "trace_level 'TIMESTAMPS' is not supported: Millrace writes no traces. Use the header traceparent, the metrics and the statistics instead.");
    assertError(
        post("/v2/trace/setting", "{\"trace_level\":\"OFF\"}"),
        400,
        "Unable to parse 'trace_level': expected an array of strings");
    assertError(get("/v2/models/nobody/trace/setting"), 400, "Request for unknown model : nobody");
  }

  @Test
  @Conforms(
      to = Protocol.TRITON,
      with = "shared memory: status and unregister; register is refused")
  void hasNoSharedMemoryOverHttp() {
    for (var kind : List.of("/v2/systemsharedmemory", "/v2/cudasharedmemory")) {
      assertThat(json(get(kind + "/status")).toString()).isEqualTo("[]");
      for (var path : List.of(kind, kind + "/region/r")) {
        var unregistered = post(path + "/unregister", "");
        assertThat(unregistered.statusCode()).isEqualTo(200);
        assertThat(unregistered.body()).isEmpty();
        var refused = post(path + "/register", "{\"key\":\"/k\",\"byte_size\":8}");
        assertThat(refused.statusCode()).isEqualTo(501);
        assertThat(json(refused).path("error").asString()).startsWith(SHARED_MEMORY_OFF);
      }
    }
    assertError(
        get("/v2/systemsharedmemory/region/r/status"),
        404,
        "Unable to find system shared memory region: 'r'; there is none.");
    var tensor =
        infer(
            "pairs",
            "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,4],\"datatype\":\"FP32\",\"parameters\":{\"shared_memory_region\":\"r\"}}]}");
    assertThat(tensor.statusCode()).isEqualTo(501);
  }

  @Test
  @Conforms(
      to = Protocol.TRITON,
      with = "shared memory: status and unregister; register is refused")
  void hasNoSharedMemoryOverGrpc() {
    var grpc = service.grpc();
    assertThat(
            grpc.systemSharedMemoryStatus(SystemSharedMemoryStatusRequest.getDefaultInstance())
                .getRegionsMap())
        .isEmpty();
    assertThat(
            grpc.cudaSharedMemoryStatus(CudaSharedMemoryStatusRequest.getDefaultInstance())
                .getRegionsMap())
        .isEmpty();
    var _ =
        grpc.systemSharedMemoryUnregister(SystemSharedMemoryUnregisterRequest.getDefaultInstance());
    var _ = grpc.cudaSharedMemoryUnregister(CudaSharedMemoryUnregisterRequest.getDefaultInstance());
    assertThatThrownBy(
            () ->
                grpc.systemSharedMemoryRegister(
                    SystemSharedMemoryRegisterRequest.newBuilder().setName("r").build()))
        .hasMessageStartingWith("UNIMPLEMENTED: " + SHARED_MEMORY_OFF);
    assertThatThrownBy(
            () ->
                grpc.cudaSharedMemoryRegister(
                    CudaSharedMemoryRegisterRequest.newBuilder().setName("r").build()))
        .hasMessageStartingWith("UNIMPLEMENTED: " + SHARED_MEMORY_OFF);
  }

  private static String picture(String parameters) {
    return "{\"inputs\":[{\"name\":\"image\",\"shape\":[1,1,28,28],\"datatype\":\"FP32\",\"data\":[%s]}],\"outputs\":[{\"name\":\"probabilities\",\"parameters\":%s}]}"
        .formatted("0.5,".repeat(783) + "0.5", parameters);
  }

  private static ModelInferRequest picture(int classes) {
    var pixels = ByteBuffer.allocate(784 * 4).order(ByteOrder.LITTLE_ENDIAN);
    while (pixels.hasRemaining()) {
      pixels.putFloat(0.5f);
    }
    return ModelInferRequest.newBuilder()
        .setModelName("pictures")
        .addInputs(
            InferInputTensor.newBuilder()
                .setName("image")
                .setDatatype("FP32")
                .addAllShape(List.of(1L, 1L, 28L, 28L)))
        .addOutputs(
            InferRequestedOutputTensor.newBuilder()
                .setName("probabilities")
                .putParameters(
                    "classification", InferParameter.newBuilder().setInt64Param(classes).build()))
        .addRawInputContents(ByteString.copyFrom(pixels.flip()))
        .build();
  }

  private static List<String> strings(ByteBuffer bytes) {
    var strings = new ArrayList<String>();
    var data = bytes.order(ByteOrder.LITTLE_ENDIAN);
    while (data.hasRemaining()) {
      var string = new byte[data.getInt()];
      data.get(string);
      strings.add(new String(string, UTF_8));
    }
    return strings;
  }

  private static LogSettingsRequest.SettingValue flag(boolean on) {
    return LogSettingsRequest.SettingValue.newBuilder().setBoolParam(on).build();
  }

  private static LogSettingsRequest.SettingValue number(int value) {
    return LogSettingsRequest.SettingValue.newBuilder().setUint32Param(value).build();
  }

  private static TraceSettingRequest.SettingValue values(String... values) {
    return TraceSettingRequest.SettingValue.newBuilder().addAllValue(List.of(values)).build();
  }

  private static HttpResponse<byte[]> get(String path) {
    return service.get(service.http(path));
  }

  private static HttpResponse<byte[]> post(String path, String body) {
    return service.post(path, BodyPublishers.ofString(body));
  }

  private static HttpResponse<byte[]> infer(String model, String body) {
    return post("/v2/models/" + model + "/infer", body);
  }

  private static void assertError(HttpResponse<byte[]> answer, int status, String text) {
    assertThat(json(answer).path("error").asString()).isEqualTo(text);
    assertThat(answer.statusCode()).isEqualTo(status);
  }
}
