package dev.millrace.serving.config;

import static dev.millrace.serving.config.RunningService.json;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.millrace.protocol.oip.CudaSharedMemoryRegisterRequest;
import dev.millrace.protocol.oip.GRPCInferenceServiceGrpc;
import dev.millrace.protocol.oip.InferParameter;
import dev.millrace.protocol.oip.ModelInferRequest;
import dev.millrace.protocol.oip.ModelInferRequest.InferInputTensor;
import dev.millrace.protocol.oip.ModelInferRequest.InferRequestedOutputTensor;
import dev.millrace.protocol.oip.ModelInferResponse;
import dev.millrace.protocol.oip.ModelStreamInferResponse;
import dev.millrace.protocol.oip.ServerMetadataRequest;
import dev.millrace.protocol.oip.SystemSharedMemoryRegisterRequest;
import dev.millrace.protocol.oip.SystemSharedMemoryStatusRequest;
import dev.millrace.protocol.oip.SystemSharedMemoryUnregisterRequest;
import dev.millrace.serving.conformance.Conforms;
import dev.millrace.serving.conformance.Protocol;
import dev.millrace.serving.fixture.FixtureModels;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A service that allows shared memory, with objects in {@code /dev/shm}. */
@Timeout(60)
class SharedMemoryIT {
  private static final String ROOT = "/v2/systemsharedmemory";
  private static final String KEY = "/millrace-it-" + ProcessHandle.current().pid();
  private static final Path FILE = Path.of("/dev/shm" + KEY);
  private static final int SIZE = 1 << 16;

  @TempDir private static Path temporary;
  private static GatedService gated;
  private static RunningService service;

  @BeforeAll
  static void start() throws IOException {
    var models = temporary.resolve("models");
    var _ = FixtureModels.addition(FixtureRepository.folder(models, "addition"));
    var _ = FixtureModels.texts(FixtureRepository.folder(models, "texts"));
    gated =
        new GatedService.Models(temporary)
            .add("m", Duration.ZERO)
            .serve("--serving.allow-shared-memory=true");
    service = gated.service();
  }

  @AfterAll
  static void stop() throws IOException {
    gated.close();
    Files.deleteIfExists(FILE);
  }

  @BeforeEach
  void share() throws IOException {
    Files.write(FILE, new byte[SIZE]);
  }

  @AfterEach
  void unregister() {
    assertThat(post(ROOT + "/unregister", "").statusCode()).isEqualTo(200);
    assertThat(json(get(ROOT + "/status"))).isEmpty();
  }

  @Test
  @Conforms(
      to = Protocol.TRITON,
      with = "system_shared_memory, where allowed: register, status, unregister")
  void registersOverHttp() {
    assertThat(json(get("/v2")).path("extensions").toString()).contains("\"system_shared_memory\"");
    assertThat(json(get("/v2")).path("extensions").toString()).doesNotContain("cuda");
    assertThat(register("r", 8, 64).statusCode()).isEqualTo(200);
    assertThat(register("s", 0, SIZE).body()).isEmpty();
    assertThat(json(get(ROOT + "/region/r/status")).toString())
        .isEqualTo("[{\"name\":\"r\",\"key\":\"" + KEY + "\",\"offset\":8,\"byte_size\":64}]");
    assertThat(json(get(ROOT + "/status"))).hasSize(2);
    assertError(register("r", 0, 8), 400, "shared memory region 'r' already in manager");
    assertThat(post(ROOT + "/region/r/unregister", "").statusCode()).isEqualTo(200);
    assertThat(post(ROOT + "/region/nobody/unregister", "").statusCode()).isEqualTo(200);
    assertError(
        get(ROOT + "/region/r/status"), 404, "Unable to find system shared memory region: 'r'");
    assertThat(json(get(ROOT + "/status"))).hasSize(1);
  }

  @Test
  void refusesWhatIsNoRegion() {
    assertError(
        register("r", 0, SIZE + 1),
        400,
        "failed to register shared memory region 'r': invalid args: offset 0 and byte_size 65537 reach beyond the end of the shared memory object");
    for (var body :
        List.of(
            "{\"key\":\"/k\",\"byte_size\":-1}",
            "{\"key\":\"/k\",\"byte_size\":8,\"offset\":-1}",
            "{\"key\":\"../../etc/passwd\",\"byte_size\":8}",
            "{\"key\":\"/k\"}",
            "{\"key\":7,\"byte_size\":8}",
            "{\"key\":\"/k\",\"byte_size\":18446744073709551615}",
            "{\"key\":\"/k\",\"byte_size\":\"8\"}",
            "{}",
            "[]",
            "{")) {
      assertThat(post(ROOT + "/region/r/register", body).statusCode()).as(body).isEqualTo(400);
    }
    assertError(
        post(ROOT + "/register", "{\"key\":\"" + KEY + "\",\"byte_size\":8}"),
        400,
        "'region name' is necessary to register system shared memory region");
    assertError(
        post("/v2/models/addition/infer", "{\"inputs\":[" + input("a", "nobody", 0) + "]}"),
        404,
        "Unable to find shared memory region: 'nobody'");
  }

  @Test
  @Conforms(
      to = Protocol.TRITON,
      with = "system_shared_memory, where allowed: register, status, unregister")
  void registersOverGrpc() {
    var grpc = service.grpc();
    assertThat(grpc.serverMetadata(ServerMetadataRequest.getDefaultInstance()).getExtensionsList())
        .contains("system_shared_memory")
        .doesNotContain("cuda_shared_memory");
    var wanted =
        SystemSharedMemoryRegisterRequest.newBuilder()
            .setName("r")
            .setKey(KEY)
            .setOffset(8)
            .setByteSize(64)
            .build();
    var _ = grpc.systemSharedMemoryRegister(wanted);
    var region =
        grpc.systemSharedMemoryStatus(
                SystemSharedMemoryStatusRequest.newBuilder().setName("r").build())
            .getRegionsOrThrow("r");
    assertThat(List.of(region.getName(), region.getKey())).containsExactly("r", KEY);
    assertThat(List.of(region.getOffset(), region.getByteSize())).containsExactly(8L, 64L);
    assertThatThrownBy(() -> grpc.systemSharedMemoryRegister(wanted))
        .hasMessage("INVALID_ARGUMENT: shared memory region 'r' already in manager");
    assertThatThrownBy(
            () ->
                grpc.systemSharedMemoryRegister(
                    wanted.toBuilder().setName("s").setByteSize(-1).build()))
        .hasMessageStartingWith(
            "INVALID_ARGUMENT: failed to register shared memory region 's': invalid args");
    var _ =
        grpc.systemSharedMemoryUnregister(
            SystemSharedMemoryUnregisterRequest.newBuilder().setName("r").build());
    assertThatThrownBy(
            () ->
                grpc.systemSharedMemoryStatus(
                    SystemSharedMemoryStatusRequest.newBuilder().setName("r").build()))
        .hasMessage("NOT_FOUND: Unable to find system shared memory region: 'r'");
    assertThatThrownBy(
            () ->
                grpc.cudaSharedMemoryRegister(
                    CudaSharedMemoryRegisterRequest.newBuilder().setName("r").build()))
        .hasMessageStartingWith("UNIMPLEMENTED: Client shared memory is disabled");
  }

  @Test
  @Conforms(
      to = Protocol.TRITON,
      with = "system_shared_memory, where allowed: inputs and outputs, REST")
  void addsInSharedMemoryOverHttp() throws IOException {
    register("r", 4, SIZE - 4);
    put(4, ints(1, 2, 3));
    put(36, ints(10, 20, 30));
    var answer =
        post(
            "/v2/models/addition/infer",
            "{\"inputs\":[%s,%s],\"outputs\":[{\"name\":\"sum\",\"parameters\":%s}]}"
                .formatted(input("a", "r", 0), input("b", "r", 32), place("r", 64, 12)));
    assertThat(json(answer).path("outputs").toString())
        .isEqualTo(
            "[{\"name\":\"sum\",\"datatype\":\"INT32\",\"shape\":[1,3],\"parameters\":{\"shared_memory_region\":\"r\",\"shared_memory_byte_size\":12,\"shared_memory_offset\":64}}]");
    assertThat(get(68, 12)).isEqualTo(ints(11, 22, 33));
    var mixed =
        post(
            "/v2/models/addition/infer",
            "{\"inputs\":[%s,{\"name\":\"b\",\"shape\":[1,3],\"datatype\":\"INT32\",\"data\":[5,5,5]}]}"
                .formatted(input("a", "r", 0)));
    assertThat(json(mixed).path("outputs").path(0).path("data").toString()).isEqualTo("[6,7,8]");
    assertError(
        post(
            "/v2/models/addition/infer",
            "{\"inputs\":[%s,%s],\"outputs\":[{\"name\":\"sum\",\"parameters\":%s}]}"
                .formatted(input("a", "r", 0), input("b", "r", 32), place("r", 64, 11))),
        400,
        "shared memory size specified with the request for output 'sum' (11 bytes) should be at least 12 bytes to hold the results");
  }

  @Test
  void countsWhatItRefusesAsAFailure() {
    register("r", 0, 64);
    double before = gated.failures("addition", "OTHER");
    assertError(
        post("/v2/models/addition/infer", "{\"inputs\":[" + input("a", "r", 64) + "]}"),
        400,
        "Invalid offset for shared memory region: 'r'");
    assertThatThrownBy(() -> service.grpc().modelInfer(adding(0, 60, 16, 12)))
        .hasMessage("INVALID_ARGUMENT: Invalid offset + byte size for shared memory region: 'r'");
    assertThat(gated.failures("addition", "OTHER")).isEqualTo(before + 2);
  }

  @Test
  @Conforms(
      to = Protocol.TRITON,
      with = "system_shared_memory, where allowed: inputs and outputs, gRPC")
  void addsInSharedMemoryOverGrpc() throws IOException {
    register("r", 0, SIZE);
    put(0, ints(1, 2, 3));
    put(32, ints(10, 20, 30));
    assertSum(service.grpc().modelInfer(adding(0, 32, 64, 12)));
    var raw =
        ModelInferRequest.newBuilder()
            .setModelName("addition")
            .addInputs(tensor("a", 3))
            .addInputs(tensor("b", 3).putAllParameters(parameters(32, 12)))
            .addRawInputContents(ByteString.copyFrom(ints(7, 7, 7)));
    assertThat(service.grpc().modelInfer(raw.build()).getRawOutputContents(0).toByteArray())
        .isEqualTo(ints(17, 27, 37));
    assertThatThrownBy(
            () -> service.grpc().modelInfer(raw.addRawInputContents(ByteString.EMPTY).build()))
        .hasMessageContaining(
            "has 1 inputs that are not in shared memory but 2 raw_input_contents");
    assertThatThrownBy(() -> service.grpc().modelInfer(adding(0, 32, 64, 8)))
        .hasMessageStartingWith(
            "INVALID_ARGUMENT: shared memory size specified with the request for output 'sum' (8 bytes) should be at least 12 bytes");
    assertThatThrownBy(() -> service.grpc().modelInfer(adding(-1, 32, 64, 12)))
        .hasMessageStartingWith("INVALID_ARGUMENT: invalid value type for 'shared_memory_offset'");
  }

  @Test
  void addsInSharedMemoryOnAStream() throws Exception {
    register("r", 0, SIZE);
    put(0, ints(1, 2, 3));
    put(32, ints(10, 20, 30));
    var first = new CompletableFuture<ModelStreamInferResponse>();
    var requests =
        GRPCInferenceServiceGrpc.newStub(service.channel()).modelStreamInfer(new First(first));
    requests.onNext(adding(0, 32, 64, 12));
    assertSum(first.get(20, TimeUnit.SECONDS).getInferResponse());
    requests.onCompleted();
  }

  @Test
  void carriesStringsBothWays() throws IOException {
    register("r", 0, SIZE);
    var strings = strings("a", "", "bä\0c");
    put(0, strings);
    var shared =
        "{\"name\":\"x\",\"shape\":[3,1],\"datatype\":\"BYTES\",\"parameters\":%s}"
            .formatted(place("r", 0, strings.length));
    var output = "\"outputs\":[{\"name\":\"y\",\"parameters\":%s}]".formatted(place("r", 512, 100));
    var answer = post("/v2/models/texts/infer", "{\"inputs\":[" + shared + "]," + output + "}");
    assertThat(json(answer).path("outputs").path(0).path("parameters").toString())
        .isEqualTo(
            "{\"shared_memory_region\":\"r\",\"shared_memory_byte_size\":%d,\"shared_memory_offset\":512}"
                .formatted(strings.length));
    assertThat(get(512, strings.length)).isEqualTo(strings);
    assertThat(
            json(post("/v2/models/texts/infer", "{\"inputs\":[" + shared + "]}"))
                .path("outputs")
                .path(0)
                .path("data")
                .path(2)
                .asString())
        .isEqualTo("bä\0c");
    put(0, new byte[] {9, 0, 0, 0});
    assertError(
        post("/v2/models/texts/infer", "{\"inputs\":[" + shared + "]}"),
        400,
        "incomplete string data for inference input 'x' at element 1: each string is its length as four little-endian bytes, then its bytes");
  }

  @Test
  void keepsConcurrentRequestsApart() throws IOException {
    register("r", 0, SIZE);
    var answers = new ArrayList<CompletableFuture<HttpResponse<byte[]>>>();
    for (int i = 0; i < 100; i++) {
      put(i * 64, ints(i, i, i));
      put(i * 64 + 16, ints(1, 2, 3));
      answers.add(
          service.postLater(
              "/v2/models/addition/infer",
              BodyPublishers.ofString(
                  "{\"inputs\":[%s,%s],\"outputs\":[{\"name\":\"sum\",\"parameters\":%s}]}"
                      .formatted(
                          input("a", "r", i * 64),
                          input("b", "r", i * 64 + 16),
                          place("r", i * 64 + 32, 12)))));
    }
    for (int i = 0; i < 100; i++) {
      assertThat(answers.get(i).join().statusCode()).isEqualTo(200);
      assertThat(get(i * 64 + 32, 12)).isEqualTo(ints(i + 1, i + 2, i + 3));
    }
  }

  @Test
  void answersIntoARegionThatIsUnregisteredMeanwhile() throws Exception {
    register("r", 0, SIZE);
    put(0, floats(7, 2, 3, 4));
    gated.gate().hold(7);
    var body =
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,4],\"datatype\":\"FP32\",\"parameters\":%s}],\"outputs\":[{\"name\":\"y\",\"parameters\":%s}]}"
            .formatted(place("r", 0, 16), place("r", 64, 16));
    var answer = service.postLater("/v2/models/m/infer", BodyPublishers.ofString(body));
    gated.gate().awaitHeld(1);
    assertThat(post(ROOT + "/region/r/unregister", "").statusCode()).isEqualTo(200);
    assertThat(json(get(ROOT + "/status"))).isEmpty();
    gated.gate().release(7);
    assertThat(answer.get(20, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
    assertThat(get(64, 16)).isEqualTo(floats(7, 2, 3, 4));
    assertThat(post("/v2/models/m/infer", body).statusCode()).isEqualTo(404);
  }

  /** With a mapping, the process of this test would be gone. */
  @Test
  void outlivesMemoryThatIsCutShort() throws IOException {
    register("r", 0, SIZE);
    Files.write(FILE, new byte[20]);
    var body = "{\"inputs\":[%s,%s],\"outputs\":[{\"name\":\"sum\",\"parameters\":%s}]}";
    var reading = body.formatted(input("a", "r", 0), input("b", "r", 16), place("r", 0, 12));
    var writing = body.formatted(input("a", "r", 0), input("b", "r", 0), place("r", 16, 12));
    for (var refused : List.of(reading, writing)) {
      assertError(
          post("/v2/models/addition/infer", refused),
          400,
          "The shared memory object of region 'r' is shorter than when it was registered. Make it as long again, or register what there is.");
    }
    assertThat(Files.size(FILE)).isEqualTo(20);
  }

  private static void assertSum(ModelInferResponse answer) throws IOException {
    assertThat(answer.getOutputs(0).getParametersMap()).isEqualTo(parameters(64, 12)).hasSize(3);
    assertThat(answer.getRawOutputContentsList()).containsExactly(ByteString.EMPTY);
    assertThat(get(64, 12)).isEqualTo(ints(11, 22, 33));
    put(64, new byte[12]);
  }

  private static ModelInferRequest adding(long a, long b, long sum, long sumBytes) {
    return ModelInferRequest.newBuilder()
        .setModelName("addition")
        .addInputs(tensor("a", 3).putAllParameters(parameters(a, 12)))
        .addInputs(tensor("b", 3).putAllParameters(parameters(b, 12)))
        .addOutputs(
            InferRequestedOutputTensor.newBuilder()
                .setName("sum")
                .putAllParameters(parameters(sum, sumBytes)))
        .build();
  }

  private static InferInputTensor.Builder tensor(String name, long columns) {
    return InferInputTensor.newBuilder()
        .setName(name)
        .setDatatype("INT32")
        .addShape(1)
        .addShape(columns);
  }

  private static Map<String, InferParameter> parameters(long offset, long byteSize) {
    return Map.of(
        "shared_memory_region", InferParameter.newBuilder().setStringParam("r").build(),
        "shared_memory_offset", InferParameter.newBuilder().setInt64Param(offset).build(),
        "shared_memory_byte_size", InferParameter.newBuilder().setInt64Param(byteSize).build());
  }

  private static String input(String name, String region, int offset) {
    return "{\"name\":\"%s\",\"shape\":[1,3],\"datatype\":\"INT32\",\"parameters\":%s}"
        .formatted(name, place(region, offset, 12));
  }

  private static String place(String region, int offset, int byteSize) {
    return "{\"shared_memory_region\":\"%s\",\"shared_memory_byte_size\":%d,\"shared_memory_offset\":%d}"
        .formatted(region, byteSize, offset);
  }

  private static HttpResponse<byte[]> register(String region, int offset, int byteSize) {
    return post(
        ROOT + "/region/" + region + "/register",
        "{\"key\":\"%s\",\"offset\":%d,\"byte_size\":%d}".formatted(KEY, offset, byteSize));
  }

  private static void put(int at, byte[] bytes) throws IOException {
    try (var file = FileChannel.open(FILE, StandardOpenOption.WRITE)) {
      assertThat(file.write(ByteBuffer.wrap(bytes), at)).isEqualTo(bytes.length);
    }
  }

  private static byte[] get(int at, int length) throws IOException {
    return Arrays.copyOfRange(Files.readAllBytes(FILE), at, at + length);
  }

  private static byte[] ints(int... values) {
    var bytes = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
    for (int value : values) {
      bytes.putInt(value);
    }
    return bytes.array();
  }

  private static byte[] floats(float... values) {
    var bytes = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      bytes.putFloat(value);
    }
    return bytes.array();
  }

  private static byte[] strings(String... values) {
    var bytes = ByteBuffer.allocate(1_024).order(ByteOrder.LITTLE_ENDIAN);
    for (var value : values) {
      var text = value.getBytes(UTF_8);
      bytes.putInt(text.length).put(text);
    }
    var all = new byte[bytes.position()];
    bytes.flip().get(all);
    return all;
  }

  private static HttpResponse<byte[]> get(String path) {
    return service.get(service.http(path));
  }

  private static HttpResponse<byte[]> post(String path, String body) {
    return service.post(path, BodyPublishers.ofString(body));
  }

  private static void assertError(HttpResponse<byte[]> answer, int status, String text) {
    assertThat(json(answer).path("error").asString()).isEqualTo(text);
    assertThat(answer.statusCode()).isEqualTo(status);
  }

  private record First(CompletableFuture<ModelStreamInferResponse> answer)
      implements StreamObserver<ModelStreamInferResponse> {
    @Override
    public void onNext(ModelStreamInferResponse message) {
      answer.complete(message);
    }

    @Override
    public void onError(Throwable failure) {
      answer.completeExceptionally(failure);
    }

    @Override
    public void onCompleted() {}
  }
}
