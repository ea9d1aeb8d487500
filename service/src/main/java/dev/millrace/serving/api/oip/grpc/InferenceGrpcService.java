package dev.millrace.serving.api.oip.grpc;

import dev.millrace.protocol.oip.GRPCInferenceServiceGrpc;
import dev.millrace.protocol.oip.ModelInferRequest;
import dev.millrace.protocol.oip.ModelInferResponse;
import dev.millrace.protocol.oip.ModelMetadataRequest;
import dev.millrace.protocol.oip.ModelMetadataResponse;
import dev.millrace.protocol.oip.ModelReadyRequest;
import dev.millrace.protocol.oip.ModelReadyResponse;
import dev.millrace.protocol.oip.RepositoryIndexRequest;
import dev.millrace.protocol.oip.RepositoryIndexResponse;
import dev.millrace.protocol.oip.RepositoryModelLoadRequest;
import dev.millrace.protocol.oip.RepositoryModelLoadResponse;
import dev.millrace.protocol.oip.RepositoryModelUnloadRequest;
import dev.millrace.protocol.oip.RepositoryModelUnloadResponse;
import dev.millrace.protocol.oip.ServerLiveRequest;
import dev.millrace.protocol.oip.ServerLiveResponse;
import dev.millrace.protocol.oip.ServerMetadataRequest;
import dev.millrace.protocol.oip.ServerMetadataResponse;
import dev.millrace.protocol.oip.ServerReadyRequest;
import dev.millrace.protocol.oip.ServerReadyResponse;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.inference.InferenceService;
import dev.millrace.serving.lifecycle.ModelCatalog;
import dev.millrace.serving.repository.ModelControl;
import dev.millrace.serving.time.NanoClock;
import io.grpc.Context;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The methods of the protocol. All run on the event loop of their connection and none blocks there:
 * whatever the repository does goes to {@code blocking}.
 */
final class InferenceGrpcService extends GRPCInferenceServiceGrpc.GRPCInferenceServiceImplBase {
  private final InferDecoder decoder = new InferDecoder(PooledByteBufAllocator.DEFAULT);
  private final InferenceService inference;
  private final ModelCatalog catalog;
  private final ModelControl control;
  private final EventLoops loops;
  private final Executor blocking;

  InferenceGrpcService(
      InferenceService inference,
      ModelCatalog catalog,
      ModelControl control,
      EventLoops loops,
      Executor blocking) {
    this.inference = inference;
    this.catalog = catalog;
    this.control = control;
    this.loops = loops;
    this.blocking = blocking;
  }

  @Override
  public void modelInfer(ModelInferRequest message, StreamObserver<ModelInferResponse> client) {
    var observer = (ServerCallStreamObserver<ModelInferResponse>) client;
    // With a handler set, sending to a cancelled call does nothing instead of throwing.
    observer.setOnCancelHandler(() -> {});
    try {
      var options =
          RequestOptions.of(message, Context.current().getDeadline(), NanoClock.SYSTEM.nanos());
      var decoded = decoder.decode(message, options);
      inference.infer(
          decoded.request(),
          new InferCall(
              observer, decoded, message.getId(), loops.current(), TimedAnswers.current()));
    } catch (InferenceException refusal) {
      inference.countUnreadable(message.getModelName(), version(message.getModelVersion()));
      client.onError(GrpcStatuses.of(refusal.failure()).asException());
    }
  }

  @Override
  public void serverLive(ServerLiveRequest message, StreamObserver<ServerLiveResponse> client) {
    reply(client, () -> ServerLiveResponse.newBuilder().setLive(true).build());
  }

  @Override
  public void serverReady(ServerReadyRequest message, StreamObserver<ServerReadyResponse> client) {
    reply(client, () -> ServerReadyResponse.newBuilder().setReady(catalog.serverReady()).build());
  }

  @Override
  public void modelReady(ModelReadyRequest message, StreamObserver<ModelReadyResponse> client) {
    reply(
        client,
        () ->
            ModelReadyResponse.newBuilder()
                .setReady(catalog.ready(message.getName(), version(message.getVersion())))
                .build());
  }

  @Override
  public void serverMetadata(
      ServerMetadataRequest message, StreamObserver<ServerMetadataResponse> client) {
    reply(client, Descriptions::ofServer);
  }

  @Override
  public void modelMetadata(
      ModelMetadataRequest message, StreamObserver<ModelMetadataResponse> client) {
    reply(client, () -> metadata(message.getName(), version(message.getVersion())));
  }

  private ModelMetadataResponse metadata(String model, @Nullable String version) {
    return Descriptions.ofModel(
        catalog.describe(model, version), catalog.whereabouts(model, version));
  }

  @Override
  public void repositoryIndex(
      RepositoryIndexRequest message, StreamObserver<RepositoryIndexResponse> client) {
    blocking.execute(
        () -> reply(client, () -> RepositoryMessages.index(control.index(), message.getReady())));
  }

  @Override
  public void repositoryModelLoad(
      RepositoryModelLoadRequest message, StreamObserver<RepositoryModelLoadResponse> client) {
    blocking.execute(
        () ->
            reply(
                client,
                () -> {
                  RepositoryMessages.checkLoadParameters(message);
                  control.load(message.getModelName());
                  return RepositoryModelLoadResponse.getDefaultInstance();
                }));
  }

  @Override
  public void repositoryModelUnload(
      RepositoryModelUnloadRequest message, StreamObserver<RepositoryModelUnloadResponse> client) {
    blocking.execute(
        () ->
            reply(
                client,
                () -> {
                  control.unload(message.getModelName());
                  return RepositoryModelUnloadResponse.getDefaultInstance();
                }));
  }

  private static <T> void reply(StreamObserver<T> client, Supplier<T> answer) {
    try {
      client.onNext(answer.get());
      client.onCompleted();
    } catch (InferenceException refusal) {
      client.onError(GrpcStatuses.of(refusal.failure()).asException());
    }
  }

  private static @Nullable String version(String version) {
    return version.isEmpty() ? null : version;
  }
}
