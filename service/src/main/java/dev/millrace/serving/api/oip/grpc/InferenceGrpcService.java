package dev.millrace.serving.api.oip.grpc;

import dev.millrace.protocol.oip.CudaSharedMemoryRegisterRequest;
import dev.millrace.protocol.oip.CudaSharedMemoryRegisterResponse;
import dev.millrace.protocol.oip.CudaSharedMemoryStatusRequest;
import dev.millrace.protocol.oip.CudaSharedMemoryStatusResponse;
import dev.millrace.protocol.oip.CudaSharedMemoryUnregisterRequest;
import dev.millrace.protocol.oip.CudaSharedMemoryUnregisterResponse;
import dev.millrace.protocol.oip.GRPCInferenceServiceGrpc;
import dev.millrace.protocol.oip.LogSettingsRequest;
import dev.millrace.protocol.oip.LogSettingsResponse;
import dev.millrace.protocol.oip.ModelConfigRequest;
import dev.millrace.protocol.oip.ModelConfigResponse;
import dev.millrace.protocol.oip.ModelMetadataRequest;
import dev.millrace.protocol.oip.ModelMetadataResponse;
import dev.millrace.protocol.oip.ModelReadyRequest;
import dev.millrace.protocol.oip.ModelReadyResponse;
import dev.millrace.protocol.oip.ModelStatisticsRequest;
import dev.millrace.protocol.oip.ModelStatisticsResponse;
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
import dev.millrace.protocol.oip.SystemSharedMemoryRegisterRequest;
import dev.millrace.protocol.oip.SystemSharedMemoryRegisterResponse;
import dev.millrace.protocol.oip.SystemSharedMemoryStatusRequest;
import dev.millrace.protocol.oip.SystemSharedMemoryStatusResponse;
import dev.millrace.protocol.oip.SystemSharedMemoryUnregisterRequest;
import dev.millrace.protocol.oip.SystemSharedMemoryUnregisterResponse;
import dev.millrace.protocol.oip.TraceSettingRequest;
import dev.millrace.protocol.oip.TraceSettingResponse;
import dev.millrace.serving.api.edge.ChangeableSettings;
import dev.millrace.serving.api.edge.grpc.GrpcStatuses;
import dev.millrace.serving.api.sharedmemory.SharedMemory;
import dev.millrace.serving.api.sharedmemory.SharedRegions;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.lifecycle.ModelCatalog;
import dev.millrace.serving.repository.LoadPlace;
import dev.millrace.serving.repository.ModelControl;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The methods of the protocol but those that infer: {@link InferMethod}, {@link StreamMethod}. All
 * run on the event loop of their connection and none blocks there: whatever the repository does
 * goes to {@code blocking}.
 */
final class InferenceGrpcService extends GRPCInferenceServiceGrpc.GRPCInferenceServiceImplBase {
  private final ModelCatalog catalog;
  private final ModelControl control;
  private final ChangeableSettings changeable;
  private final SharedRegions regions;
  private final Executor blocking;

  InferenceGrpcService(
      ModelCatalog catalog,
      ModelControl control,
      ChangeableSettings changeable,
      SharedRegions regions,
      Executor blocking) {
    this.catalog = catalog;
    this.control = control;
    this.changeable = changeable;
    this.regions = regions;
    this.blocking = blocking;
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
    reply(client, () -> Descriptions.ofServer(regions));
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
  public void modelConfig(ModelConfigRequest message, StreamObserver<ModelConfigResponse> client) {
    reply(client, () -> config(message.getName(), version(message.getVersion())));
  }

  private ModelConfigResponse config(String model, @Nullable String version) {
    return ModelConfigResponse.newBuilder()
        .setConfig(catalog.describe(model, version).config())
        .build();
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
    try {
      var place = control.admit(message.getSerializedSize());
      blocking.execute(() -> load(message, client, place));
    } catch (InferenceException refusal) {
      client.onError(GrpcStatuses.of(refusal.failure()).asException());
    }
  }

  private void load(
      RepositoryModelLoadRequest message,
      StreamObserver<RepositoryModelLoadResponse> client,
      LoadPlace place) {
    try (place) {
      reply(
          client,
          () -> {
            control.load(message.getModelName(), RepositoryMessages.sent(message));
            return RepositoryModelLoadResponse.getDefaultInstance();
          });
    }
  }

  @Override
  public void repositoryModelUnload(
      RepositoryModelUnloadRequest message, StreamObserver<RepositoryModelUnloadResponse> client) {
    blocking.execute(
        () ->
            reply(
                client,
                () -> {
                  unload(message);
                  return RepositoryModelUnloadResponse.getDefaultInstance();
                }));
  }

  private void unload(RepositoryModelUnloadRequest message) {
    if (RepositoryMessages.unloadsDependents(message)) {
      control.unloadWithDependents(message.getModelName());
    } else {
      control.unload(message.getModelName());
    }
  }

  @Override
  public void modelStatistics(
      ModelStatisticsRequest message, StreamObserver<ModelStatisticsResponse> client) {
    reply(client, () -> StatisticsMessages.answer(message, catalog));
  }

  @Override
  public void traceSetting(
      TraceSettingRequest message, StreamObserver<TraceSettingResponse> client) {
    reply(client, () -> SettingsMessages.answer(message, changeable));
  }

  @Override
  public void logSettings(LogSettingsRequest message, StreamObserver<LogSettingsResponse> client) {
    reply(client, () -> SettingsMessages.answer(message, changeable));
  }

  @Override
  public void systemSharedMemoryStatus(
      SystemSharedMemoryStatusRequest message,
      StreamObserver<SystemSharedMemoryStatusResponse> client) {
    reply(client, () -> SharedMemoryMessages.status(regions.status(message.getName())));
  }

  @Override
  public void systemSharedMemoryRegister(
      SystemSharedMemoryRegisterRequest message,
      StreamObserver<SystemSharedMemoryRegisterResponse> client) {
    blocking.execute(
        () ->
            reply(
                client,
                () -> {
                  regions.register(SharedMemoryMessages.wanted(message));
                  return SystemSharedMemoryRegisterResponse.getDefaultInstance();
                }));
  }

  @Override
  public void systemSharedMemoryUnregister(
      SystemSharedMemoryUnregisterRequest message,
      StreamObserver<SystemSharedMemoryUnregisterResponse> client) {
    blocking.execute(
        () ->
            reply(
                client,
                () -> {
                  regions.unregister(message.getName());
                  return SystemSharedMemoryUnregisterResponse.getDefaultInstance();
                }));
  }

  @Override
  public void cudaSharedMemoryStatus(
      CudaSharedMemoryStatusRequest message,
      StreamObserver<CudaSharedMemoryStatusResponse> client) {
    reply(
        client,
        () -> {
          SharedMemory.CUDA.requireNoName(message.getName());
          return CudaSharedMemoryStatusResponse.getDefaultInstance();
        });
  }

  @Override
  public void cudaSharedMemoryRegister(
      CudaSharedMemoryRegisterRequest message,
      StreamObserver<CudaSharedMemoryRegisterResponse> client) {
    client.onError(GrpcStatuses.of(SharedMemory.CUDA.off().failure()).asException());
  }

  @Override
  public void cudaSharedMemoryUnregister(
      CudaSharedMemoryUnregisterRequest message,
      StreamObserver<CudaSharedMemoryUnregisterResponse> client) {
    reply(client, CudaSharedMemoryUnregisterResponse::getDefaultInstance);
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
