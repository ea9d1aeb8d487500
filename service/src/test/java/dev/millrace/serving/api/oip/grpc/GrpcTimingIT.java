package dev.millrace.serving.api.oip.grpc;

import static dev.millrace.serving.fake.FakeEngine.candidate;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.protocol.oip.GRPCInferenceServiceGrpc;
import dev.millrace.protocol.oip.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import dev.millrace.protocol.oip.InferParameter;
import dev.millrace.protocol.oip.ModelInferRequest;
import dev.millrace.serving.api.edge.BodyBudget;
import dev.millrace.serving.api.sharedmemory.SharedRegions;
import dev.millrace.serving.fake.FakeDevices;
import dev.millrace.serving.fake.FakeEngine;
import dev.millrace.serving.lifecycle.ModelSettings;
import dev.millrace.serving.lifecycle.PlacementLimits;
import dev.millrace.serving.lifecycle.VersionStatus;
import dev.millrace.serving.repository.ModelControl;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a client of gRPC learns about the time of its answer. */
@Timeout(30)
class GrpcTimingIT {
  private static final Metadata.Key<String> SERVER_TIMING =
      Metadata.Key.of("server-timing", Metadata.ASCII_STRING_MARSHALLER);
  private static final String DURATION = ";dur=\\d+\\.\\d{3}";

  /** Only one model is loaded at a time. */
  private final FakeEngine engine =
      new FakeEngine(
          new FakeDevices(1L << 40),
          new PlacementLimits(0, 1, 1, 20, FakeEngine.LIMIT),
          ModelSettings.defaults());

  private final AtomicReference<Metadata> headers = new AtomicReference<>();
  private final AtomicReference<Metadata> trailers = new AtomicReference<>();
  private final GrpcServer server =
      new GrpcServer(
          Servers.settings(100_000),
          new BodyBudget(1L << 30),
          engine.inference(),
          engine.catalog(),
          new NoControl(),
          Servers.changeable(engine.catalog()),
          SharedRegions.off());
  private ManagedChannel channel;
  private GRPCInferenceServiceBlockingStub client;

  @BeforeEach
  void connect() throws IOException {
    engine.rollout().serve(candidate("cold", "1", "2"));
    engine.rollout().serve(candidate("warm", "1", "2"));
    server.start();
    channel = NettyChannelBuilder.forAddress("127.0.0.1", server.port()).usePlaintext().build();
    client =
        GRPCInferenceServiceGrpc.newBlockingStub(channel)
            .withInterceptors(MetadataUtils.newCaptureMetadataInterceptor(headers, trailers))
            .withDeadlineAfter(20, TimeUnit.SECONDS);
  }

  @AfterEach
  void disconnect() {
    channel.shutdownNow();
    server.stop(Duration.ofSeconds(5));
    server.close();
    engine.close();
  }

  @Test
  void saysWhereTheTimeWent() {
    assertThat(client.modelInfer(pair("warm")).getModelVersion()).isEqualTo("1");
    assertThat(timing(headers))
        .matches(
            "queue%1$s;desc=\"none\", assemble%1$s, compute%1$s, encode%1$s".formatted(DURATION));
    assertThat(timing(trailers)).isNull();
  }

  @Test
  void saysThatTheModelHadToBeLoadedFirst() {
    client.modelInfer(pair("cold"));
    assertThat(timing(headers))
        .matches("load%1$s, queue%1$s;desc=\"load\", assemble.*".formatted(DURATION));
    client.modelInfer(pair("cold"));
    assertThat(timing(headers)).startsWith("queue;dur=").doesNotContain("load");
  }

  @Test
  void saysNothingOfARequestThatWasNotAnswered() {
    assertThatThrownBy(() -> client.modelInfer(pair("nobody"))).hasMessageStartingWith("NOT_FOUND");
    assertThat(headers.get()).isNull();
    assertThat(timing(trailers)).isNull();
  }

  @Test
  void saysWhyARequestWasRefused() {
    var impatient =
        pair("warm").toBuilder()
            .putParameters("timeout", InferParameter.newBuilder().setInt64Param(1).build())
            .build();
    assertThatThrownBy(() -> client.modelInfer(impatient)).hasMessageStartingWith("DEADLINE");
    assertThat(timing(trailers)).matches("refused;desc=\"(expired|predicted_deadline)\"");
  }

  private static @Nullable String timing(AtomicReference<Metadata> metadata) {
    return metadata.get().get(SERVER_TIMING);
  }

  private static ModelInferRequest pair(String model) {
    return Messages.raw(Messages.input("FP32", 1, 2), "0000803f00000040").toBuilder()
        .setModelName(model)
        .build();
  }

  private static final class NoControl implements ModelControl {
    @Override
    public void load(String model) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void unload(String model) {
      throw new UnsupportedOperationException();
    }

    @Override
    public List<VersionStatus> index() {
      return List.of();
    }
  }
}
