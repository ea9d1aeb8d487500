package dev.millrace.serving.api.oip.grpc;

import static dev.millrace.serving.api.oip.grpc.Messages.input;
import static dev.millrace.serving.api.oip.grpc.Messages.raw;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.millrace.protocol.oip.GRPCInferenceServiceGrpc;
import dev.millrace.protocol.oip.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import dev.millrace.protocol.oip.ModelInferRequest;
import dev.millrace.protocol.oip.ModelMetadataRequest;
import dev.millrace.protocol.oip.ModelReadyRequest;
import dev.millrace.protocol.oip.RepositoryIndexRequest;
import dev.millrace.protocol.oip.RepositoryModelLoadRequest;
import dev.millrace.protocol.oip.RepositoryModelUnloadRequest;
import dev.millrace.protocol.oip.ServerLiveRequest;
import dev.millrace.protocol.oip.ServerMetadataRequest;
import dev.millrace.protocol.oip.ServerReadyRequest;
import dev.millrace.serving.api.edge.BodyBudget;
import dev.millrace.serving.api.sharedmemory.SharedRegions;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.inference.InferenceService;
import dev.millrace.serving.lifecycle.ModelCatalog;
import dev.millrace.serving.lifecycle.VersionState;
import dev.millrace.serving.lifecycle.VersionStatus;
import dev.millrace.serving.repository.ModelControl;
import dev.millrace.serving.telemetry.UnservedRequests;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.reflection.v1.ServiceResponse;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class GrpcServerIT {
  private static final int MAX_MESSAGE_BYTES = 100_000;
  private static final String UNKNOWN_MODEL =
      "Request for unknown model: 'm' is not found. The repository index lists what is served.";

  private final ModelCatalog catalog = new ModelCatalog();
  private final GrpcServer server = server(catalog);
  private ManagedChannel channel;
  private GRPCInferenceServiceBlockingStub client;

  @BeforeEach
  void connect() throws IOException {
    catalog.firstRoundOver();
    server.start();
    channel = NettyChannelBuilder.forAddress("127.0.0.1", server.port()).usePlaintext().build();
    client =
        GRPCInferenceServiceGrpc.newBlockingStub(channel).withDeadlineAfter(20, TimeUnit.SECONDS);
  }

  @AfterEach
  void disconnect() {
    channel.shutdownNow();
    server.stop(Duration.ofSeconds(5));
    server.close();
  }

  @Test
  void describesItself() {
    assertThat(client.serverLive(ServerLiveRequest.getDefaultInstance()).getLive()).isTrue();
    var metadata = client.serverMetadata(ServerMetadataRequest.getDefaultInstance());
    assertThat(metadata.getName()).isEqualTo("millrace");
    assertThat(metadata.getExtensionsList()).contains("binary_tensor_data", "model_repository");
  }

  @Test
  void saysNotFoundOfAnUnknownModel() {
    assertFails(
        () -> client.modelInfer(raw(input("FP32", 1), "00000000")),
        Status.Code.NOT_FOUND,
        UNKNOWN_MODEL);
    assertFails(
        () -> client.modelMetadata(ModelMetadataRequest.newBuilder().setName("m").build()),
        Status.Code.NOT_FOUND,
        UNKNOWN_MODEL);
    assertThat(client.modelReady(ModelReadyRequest.newBuilder().setName("m").build()).getReady())
        .isFalse();
  }

  @Test
  void saysNotFoundOfAVeryLongName() {
    var name = ModelMetadataRequest.newBuilder().setName("m".repeat(20_000)).build();
    assertThatThrownBy(() -> client.modelMetadata(name))
        .hasMessageStartingWith("NOT_FOUND: Request for unknown model: 'mmm")
        .hasMessageEndingWith("mmm...");
  }

  @Test
  void saysInvalidArgumentOfAMessageThatContradictsItself() {
    assertFails(
        () -> client.modelInfer(raw(input("FP32", 2), "00000000")),
        Status.Code.INVALID_ARGUMENT,
        "Input 'x' has 4 bytes in raw_input_contents; its shape [2] is 2 elements of FP32, 4 bytes each. Send exactly the elements of the shape.");
  }

  @Test
  void refusesAMessageOverTheLimitAlsoWhenItIsSmallCompressed() {
    var message =
        ModelInferRequest.newBuilder()
            .addRawInputContents(ByteString.copyFrom(new byte[2 * MAX_MESSAGE_BYTES]))
            .build();
    for (var stub : List.of(client, client.withCompression("gzip"))) {
      assertThatThrownBy(() -> stub.modelInfer(message))
          .isInstanceOf(StatusRuntimeException.class)
          .hasMessageStartingWith("RESOURCE_EXHAUSTED")
          .hasMessageContaining("exceeds maximum size " + MAX_MESSAGE_BYTES);
    }
  }

  @Test
  void refusesVeryManyTensorsBeforeParsingThem() {
    for (var stub : List.of(client, client.withCompression("gzip"))) {
      assertFails(
          () -> stub.modelInfer(withEmptyInputs(1_025)),
          Status.Code.INVALID_ARGUMENT,
          "'inputs' has more than 1024 elements, the limit of a request; send rows as one input instead of an input for each.");
      assertThatThrownBy(() -> stub.modelInfer(withEmptyInputs(1_024)))
          .hasMessageContaining("datatype ''");
    }
  }

  @Test
  void saysInvalidArgumentOfAMessageThatIsNotProtobuf() {
    var method =
        GRPCInferenceServiceGrpc.getModelInferMethod().toBuilder(
                new Garbage(),
                GRPCInferenceServiceGrpc.getModelInferMethod().getResponseMarshaller())
            .build();
    assertThatThrownBy(
            () ->
                ClientCalls.blockingUnaryCall(channel, method, CallOptions.DEFAULT, new byte[] {7}))
        .hasMessageStartingWith(
            "INVALID_ARGUMENT: The message is not the protobuf message of this method: ");
  }

  @Test
  void takesGzip() {
    assertFails(
        () -> client.withCompression("gzip").modelInfer(raw(input("FP32", 1), "00000000")),
        Status.Code.NOT_FOUND,
        UNKNOWN_MODEL);
  }

  @Test
  void listsLoadsAndUnloadsModels() {
    var index = client.repositoryIndex(RepositoryIndexRequest.getDefaultInstance());
    assertThat(index.getModelsList())
        .extracting(model -> model.getName() + " " + model.getVersion() + " " + model.getState())
        .containsExactly("a 1 UNAVAILABLE", "a 2 READY");
    assertThat(index.getModels(0).getReason()).isEqualTo("unloaded");
    assertThat(
            client
                .repositoryIndex(RepositoryIndexRequest.newBuilder().setReady(true).build())
                .getModelsList())
        .hasSize(1);
    client.repositoryModelLoad(RepositoryModelLoadRequest.newBuilder().setModelName("a").build());
    assertFails(
        () ->
            client.repositoryModelUnload(
                RepositoryModelUnloadRequest.newBuilder().setModelName("a").build()),
        Status.Code.UNAVAILABLE,
        "explicit model load / unload is not allowed if polling is enabled");
  }

  @Test
  void healthFollowsReadinessForThoseWhoAskAndThoseWhoWatch() {
    var health = HealthGrpc.newBlockingStub(channel).withDeadlineAfter(20, TimeUnit.SECONDS);
    var whole = HealthCheckRequest.getDefaultInstance();
    var inference =
        HealthCheckRequest.newBuilder().setService(GRPCInferenceServiceGrpc.SERVICE_NAME).build();
    var watched = health.watch(inference);
    assertThat(health.check(whole).getStatus()).isEqualTo(ServingStatus.SERVING);
    assertThat(watched.next().getStatus()).isEqualTo(ServingStatus.SERVING);

    catalog.drain();
    assertThat(health.check(whole).getStatus()).isEqualTo(ServingStatus.NOT_SERVING);
    assertThat(watched.next().getStatus()).isEqualTo(ServingStatus.NOT_SERVING);
    assertThat(client.serverReady(ServerReadyRequest.getDefaultInstance()).getReady()).isFalse();
    assertFails(
        () -> health.check(HealthCheckRequest.newBuilder().setService("nobody").build()),
        Status.Code.NOT_FOUND,
        "No service 'nobody' here; ask for '' or 'inference.GRPCInferenceService'.");
  }

  @Test
  void aWatchOpenedBeforeTheServerIsReadyHearsWhenItIs() throws Exception {
    var starting = new ModelCatalog();
    try (var early = server(starting)) {
      early.start();
      var own = NettyChannelBuilder.forAddress("127.0.0.1", early.port()).usePlaintext().build();
      var health = HealthGrpc.newBlockingStub(own).withDeadlineAfter(20, TimeUnit.SECONDS);
      var watched = health.watch(HealthCheckRequest.getDefaultInstance());
      assertThat(watched.next().getStatus()).isEqualTo(ServingStatus.NOT_SERVING);
      starting.firstRoundOver();
      assertThat(watched.next().getStatus()).isEqualTo(ServingStatus.SERVING);
      own.shutdownNow();
    }
  }

  @Test
  void reflectionListsTheServices() throws Exception {
    var services = new CompletableFuture<ServerReflectionResponse>();
    var requests =
        ServerReflectionGrpc.newStub(channel).serverReflectionInfo(new FirstAnswer(services));
    requests.onNext(ServerReflectionRequest.newBuilder().setListServices("").build());
    assertThat(services.get(20, TimeUnit.SECONDS).getListServicesResponse().getServiceList())
        .extracting(ServiceResponse::getName)
        .contains(
            "inference.GRPCInferenceService",
            "grpc.health.v1.Health",
            "grpc.reflection.v1.ServerReflection",
            "grpc.reflection.v1alpha.ServerReflection");
    requests.onCompleted();
  }

  private static GrpcServer server(ModelCatalog catalog) {
    return new GrpcServer(
        Servers.settings(MAX_MESSAGE_BYTES),
        new BodyBudget(1L << 30),
        new InferenceService(catalog, new UnservedRequests(new SimpleMeterRegistry())),
        catalog,
        new OneModel(),
        Servers.changeable(catalog),
        SharedRegions.off());
  }

  private static ModelInferRequest withEmptyInputs(int count) {
    var message = ModelInferRequest.newBuilder().setModelName("m");
    for (int i = 0; i < count; i++) {
      message.addInputsBuilder();
    }
    return message.build();
  }

  private static void assertFails(Runnable call, Status.Code code, String description) {
    assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            failure -> {
              assertThat(failure.getStatus().getCode()).isEqualTo(code);
              assertThat(failure.getStatus().getDescription()).isEqualTo(description);
            });
  }

  private static final class Garbage implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] message) {
      return new ByteArrayInputStream(message);
    }

    @Override
    public byte[] parse(InputStream stream) {
      throw new UnsupportedOperationException();
    }
  }

  private record FirstAnswer(CompletableFuture<ServerReflectionResponse> answer)
      implements StreamObserver<ServerReflectionResponse> {
    @Override
    public void onNext(ServerReflectionResponse value) {
      answer.complete(value);
    }

    @Override
    public void onError(Throwable failure) {
      answer.completeExceptionally(failure);
    }

    @Override
    public void onCompleted() {}
  }

  private static final class OneModel implements ModelControl {
    @Override
    public void load(String model) {
      assertThat(Thread.currentThread().isVirtual()).isTrue();
    }

    @Override
    public void unload(String model) {
      throw new InferenceException(
          new InferenceFailure.NotReady(
              "explicit model load / unload is not allowed if polling is enabled"));
    }

    @Override
    public List<VersionStatus> index() {
      assertThat(Thread.currentThread().isVirtual()).isTrue();
      return List.of(
          status("1", VersionState.UNAVAILABLE, "unloaded"), status("2", VersionState.READY, ""));
    }

    private static VersionStatus status(String version, VersionState state, String reason) {
      return new VersionStatus("a", version, state, reason, false, "", Duration.ZERO, null);
    }
  }
}
