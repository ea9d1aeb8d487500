package dev.millrace.serving.api.oip.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.protocol.oip.GRPCInferenceServiceGrpc;
import dev.millrace.protocol.oip.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import dev.millrace.protocol.oip.InferParameter;
import dev.millrace.protocol.oip.ModelInferRequest;
import dev.millrace.serving.api.edge.BodyBudget;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
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

  private final AtomicReference<Metadata> headers = new AtomicReference<>();
  private final AtomicReference<Metadata> trailers = new AtomicReference<>();
  private ColdAndWarm served;
  private ManagedChannel channel;
  private GRPCInferenceServiceBlockingStub client;

  @BeforeEach
  void connect() throws IOException {
    served = new ColdAndWarm(Servers.settings(100_000), new BodyBudget(1L << 30));
    channel = served.channel();
    client =
        GRPCInferenceServiceGrpc.newBlockingStub(channel)
            .withInterceptors(MetadataUtils.newCaptureMetadataInterceptor(headers, trailers))
            .withDeadlineAfter(20, TimeUnit.SECONDS);
  }

  @AfterEach
  void disconnect() {
    served.close();
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
}
