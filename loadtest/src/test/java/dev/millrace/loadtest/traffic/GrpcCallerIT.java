package dev.millrace.loadtest.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.protocol.oip.GRPCInferenceServiceGrpc;
import dev.millrace.protocol.oip.ModelInferRequest;
import dev.millrace.protocol.oip.ModelInferResponse;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class GrpcCallerIT {
  private final Server server =
      NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
          .addService(new OnlyTiny())
          .build();

  @BeforeEach
  void start() throws IOException {
    server.start();
  }

  @AfterEach
  void stop() {
    server.shutdownNow();
  }

  @Test
  void anAnswerIsASuccess() throws Exception {
    assertThat(ask("mlp")).isEmpty();
  }

  @Test
  void aRefusalIsAFailureWithCodeAndText() throws Exception {
    assertThat(ask("nobody")).contains("NOT_FOUND: no model 'nobody'");
  }

  private Optional<String> ask(String model) throws Exception {
    var target =
        new Target(
            Protocol.GRPC,
            URI.create("http://127.0.0.1:" + server.getPort()),
            Sample.picture(model));
    try (var traffic = new Traffic()) {
      var caller = traffic.callers(target, 1).getFirst();
      var answered = new CompletableFuture<Optional<String>>();
      traffic
          .loop()
          .execute(() -> caller.send(failure -> answered.complete(Optional.ofNullable(failure))));
      return answered.get(20, TimeUnit.SECONDS);
    }
  }

  /** Knows one model, and checks that the raw tensor arrived whole. */
  private static final class OnlyTiny
      extends GRPCInferenceServiceGrpc.GRPCInferenceServiceImplBase {
    @Override
    public void modelInfer(ModelInferRequest request, StreamObserver<ModelInferResponse> observer) {
      if (!request.getModelName().equals("mlp")
          || request.getRawInputContents(0).size() != 784 * Float.BYTES) {
        var text = "no model '" + request.getModelName() + "'";
        observer.onError(Status.NOT_FOUND.withDescription(text).asRuntimeException());
        return;
      }
      observer.onNext(ModelInferResponse.newBuilder().setModelName("mlp").build());
      observer.onCompleted();
    }
  }
}
