package dev.millrace.serving.api.oip.grpc;

import dev.millrace.serving.api.edge.BodyBudget;
import dev.millrace.serving.api.edge.ChangeableSettings;
import dev.millrace.serving.api.edge.grpc.EventLoops;
import dev.millrace.serving.api.edge.grpc.GrpcMethods;
import dev.millrace.serving.api.edge.grpc.GrpcProtocol;
import dev.millrace.serving.api.edge.grpc.InferCalls;
import dev.millrace.serving.api.edge.grpc.MessageMemory;
import dev.millrace.serving.api.sharedmemory.SharedRegions;
import dev.millrace.serving.inference.InferenceService;
import dev.millrace.serving.lifecycle.ModelCatalog;
import dev.millrace.serving.repository.ModelControl;
import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.ProtoReflectionService;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The gRPC port of the service: inference, health and reflection. */
public final class GrpcServer implements AutoCloseable {
  /** At once on one connection: each takes memory before its first byte counts. */
  private static final int MOST_CALLS = 1_024;

  private final EventLoops loops;
  private final ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor();
  private final StreamMethod streams;
  private final Server server;

  /**
   * Does not listen before {@link #start()}.
   *
   * @param bodies the memory that messages and the bodies of other protocols share
   * @param others protocols beside the Open Inference Protocol
   */
  public GrpcServer(
      GrpcSettings settings,
      BodyBudget bodies,
      InferenceService inference,
      ModelCatalog catalog,
      ModelControl control,
      ChangeableSettings changeable,
      SharedRegions regions,
      GrpcProtocol... others) {
    loops = EventLoops.start(settings.eventLoops());
    var calls = new InferCalls(inference, loops, settings.messageTimeout());
    var infer = new InferMethod(inference, regions, settings);
    streams = new StreamMethod(infer, loops, settings);
    var health = new GrpcHealth(catalog::serverReady);
    catalog.onReadinessChange(health::readinessChanged);
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(settings.address(), settings.port()))
            .bossEventLoopGroup(loops.group())
            .workerEventLoopGroup(loops.group())
            .channelType(loops.channelType())
            .directExecutor()
            .decompressorRegistry(Deflate.readers())
            .compressorRegistry(Deflate.writers())
            .maxInboundMessageSize(settings.maxMessageBytes())
            .permitKeepAliveTime(settings.permittedKeepAlive().toMillis(), TimeUnit.MILLISECONDS)
            .permitKeepAliveWithoutCalls(true)
            .maxConcurrentCallsPerConnection(MOST_CALLS)
            .addStreamTracerFactory(new MessageMemory(bodies, InferenceMethods.STREAM))
            .addService(
                InferenceMethods.of(
                    new InferenceGrpcService(catalog, control, changeable, regions, blocking),
                    calls.method(infer),
                    streams))
            .addServices(
                Stream.of(others).flatMap(other -> other.services(calls).stream()).toList())
            .addService(ServerInterceptors.intercept(health, GrpcMethods.INTERCEPTORS))
            .addService(
                ServerInterceptors.intercept(
                    ProtoReflectionServiceV1.newInstance(), GrpcMethods.INTERCEPTORS))
            .addService(ServerInterceptors.intercept(olderReflection(), GrpcMethods.INTERCEPTORS))
            .build();
  }

  @SuppressWarnings("deprecation") // what grpcurl and others asked for until lately, and some still
  private static BindableService olderReflection() {
    return ProtoReflectionService.newInstance();
  }

  /** Starts listening. Throws where the address cannot be bound. */
  public void start() throws IOException {
    server.start();
  }

  /** The port it listens on. */
  public int port() {
    return server.getPort();
  }

  /** Stops accepting calls and waits for those that run; cuts off what is left after the limit. */
  public void stop(Duration limit) {
    server.shutdown();
    streams.drain();
    try {
      if (!server.awaitTermination(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        server.shutdownNow();
      }
    } catch (InterruptedException _) {
      server.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    server.shutdownNow();
    blocking.shutdown();
    // The threads are daemons: nobody has to wait until they have ended.
    var _ = loops.group().shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
