package dev.millrace.serving.api.oip.grpc;

import static dev.millrace.serving.fake.FakeEngine.candidate;

import dev.millrace.serving.api.edge.BodyBudget;
import dev.millrace.serving.api.sharedmemory.SharedRegions;
import dev.millrace.serving.fake.FakeDevices;
import dev.millrace.serving.fake.FakeEngine;
import dev.millrace.serving.lifecycle.ModelSettings;
import dev.millrace.serving.lifecycle.PlacementLimits;
import dev.millrace.serving.lifecycle.VersionStatus;
import dev.millrace.serving.repository.ModelControl;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/**
 * A gRPC server of two models, of which only one is loaded at a time: {@code warm} is, and the next
 * request for {@code cold} loads that, through the gate of the runtime.
 */
final class ColdAndWarm implements AutoCloseable {
  private final FakeEngine engine =
      new FakeEngine(
          new FakeDevices(1L << 40),
          new PlacementLimits(0, 1, 1, 20, FakeEngine.LIMIT),
          ModelSettings.defaults());

  private final GrpcServer server;
  private final ManagedChannel channel;

  /** Started, with a connection to it. */
  ColdAndWarm(GrpcSettings settings, BodyBudget budget) throws IOException {
    server =
        new GrpcServer(
            settings,
            budget,
            engine.inference(),
            engine.catalog(),
            new NoControl(),
            Servers.changeable(engine.catalog()),
            SharedRegions.off());
    engine.rollout().serve(candidate("cold", "1", "2"));
    engine.rollout().serve(candidate("warm", "1", "2"));
    server.start();
    channel = NettyChannelBuilder.forAddress("127.0.0.1", server.port()).usePlaintext().build();
  }

  FakeEngine engine() {
    return engine;
  }

  GrpcServer server() {
    return server;
  }

  ManagedChannel channel() {
    return channel;
  }

  @Override
  public void close() {
    channel.shutdownNow();
    server.stop(Duration.ofSeconds(5));
    server.close();
    engine.close();
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
