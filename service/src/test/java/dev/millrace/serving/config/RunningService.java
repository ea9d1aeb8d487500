package dev.millrace.serving.config;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.protocol.oip.GRPCInferenceServiceGrpc;
import dev.millrace.protocol.oip.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import dev.millrace.serving.api.oip.grpc.GrpcServer;
import dev.millrace.serving.lifecycle.ModelCatalog;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The whole service in this process, on free ports, and clients of it. */
final class RunningService implements AutoCloseable {
  static final JsonMapper JSON = JsonMapper.builder().build();

  private final HttpClient http = HttpClient.newHttpClient();
  private final ConfigurableApplicationContext context;
  private final ManagedChannel channel;

  private RunningService(ConfigurableApplicationContext context) {
    this.context = context;
    this.channel =
        NettyChannelBuilder.forAddress("127.0.0.1", context.getBean(GrpcServer.class).port())
            .usePlaintext()
            .build();
  }

  /** Started with the models of a directory, and ready. */
  static RunningService serving(Path models, Path home, String... more) {
    return started("--serving.directory.path=" + models, home, more);
  }

  /** Started with the champions of a store, and ready. */
  static RunningService following(URI store, Path home, String... more) {
    return started("--serving.store.url=" + store, home, more);
  }

  private static RunningService started(String models, Path home, String... more) {
    var arguments =
        new ArrayList<>(
            List.of(
                "--serving.http.port=0",
                "--serving.grpc.port=0",
                "--serving.management.port=0",
                "--serving.stop.drain-seconds=0",
                "--serving.home=" + home,
                models));
    arguments.addAll(List.of(more));
    if (arguments.stream().noneMatch(argument -> argument.startsWith("--serving.rehearsal="))) {
      arguments.add("--serving.rehearsal=0s");
    }
    var service = new RunningService(ServingProcess.start(arguments.toArray(String[]::new)));
    service.awaitReady();
    return service;
  }

  private void awaitReady() {
    var catalog = context.getBean(ModelCatalog.class);
    long limitNanos = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (!catalog.serverReady() && System.nanoTime() < limitNanos) {
      LockSupport.parkNanos(Duration.ofMillis(10).toNanos());
    }
    if (!catalog.serverReady()) {
      throw new IllegalStateException("Not ready: " + catalog.versions());
    }
  }

  ModelCatalog catalog() {
    return context.getBean(ModelCatalog.class);
  }

  GRPCInferenceServiceBlockingStub grpc() {
    return GRPCInferenceServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(30, TimeUnit.SECONDS);
  }

  /** All beans of this type. */
  <T> List<T> beans(Class<T> type) {
    return List.copyOf(context.getBeansOfType(type).values());
  }

  int grpcPort() {
    return context.getBean(GrpcServer.class).port();
  }

  ManagedChannel channel() {
    return channel;
  }

  URI http(String path) {
    return uri("local.server.port", path);
  }

  URI management(String path) {
    return uri("local.management.port", path);
  }

  private URI uri(String port, String path) {
    return URI.create(
        "http://127.0.0.1:" + context.getEnvironment().getRequiredProperty(port) + path);
  }

  HttpResponse<byte[]> get(URI uri) {
    return send(HttpRequest.newBuilder(uri));
  }

  HttpResponse<byte[]> post(String path, BodyPublisher body, String... headers) {
    var request = HttpRequest.newBuilder(http(path)).POST(body);
    if (headers.length > 0) {
      request.headers(headers);
    }
    return send(request);
  }

  /** The same without waiting for the answer. */
  CompletableFuture<HttpResponse<byte[]>> postLater(String path, BodyPublisher body) {
    var request = HttpRequest.newBuilder(http(path)).timeout(Duration.ofSeconds(30)).POST(body);
    return http.sendAsync(request.build(), HttpResponse.BodyHandlers.ofByteArray());
  }

  /** The sum over those of a meter's lines that have these tags, such as {@code model="m"}. */
  double metric(String meter, String... tags) {
    return new String(get(management("/metrics")).body(), UTF_8)
        .lines()
        .filter(line -> line.startsWith(meter + "{") || line.startsWith(meter + " "))
        .filter(line -> Stream.of(tags).allMatch(line::contains))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
        .sum();
  }

  private HttpResponse<byte[]> send(HttpRequest.Builder request) {
    try {
      return http.send(
          request.timeout(Duration.ofSeconds(30)).build(), HttpResponse.BodyHandlers.ofByteArray());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  static JsonNode json(HttpResponse<byte[]> response) {
    return JSON.readTree(response.body());
  }

  @Override
  public void close() {
    channel.shutdownNow();
    context.close();
    http.close();
  }
}
