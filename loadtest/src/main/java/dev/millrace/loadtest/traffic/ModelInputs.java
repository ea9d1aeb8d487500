package dev.millrace.loadtest.traffic;

import dev.millrace.protocol.oip.GRPCInferenceServiceGrpc;
import dev.millrace.protocol.oip.ModelMetadataRequest;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Asks a server for a model's inputs and makes a sample of one row that fits them. */
public final class ModelInputs {
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private ModelInputs() {}

  /**
   * A sample with random values between 0 and 1 from a fixed seed; variable dimensions become 1.
   */
  public static Sample sample(Protocol protocol, URI server, String model)
      throws IOException, InterruptedException {
    return switch (protocol) {
      case JSON, BINARY -> new Sample(model, overHttp(server, model));
      case GRPC -> new Sample(model, overGrpc(server, model));
    };
  }

  private static List<SampleTensor> overHttp(URI server, String model)
      throws IOException, InterruptedException {
    var url = URI.create(server + "/v2/models/" + model);
    try (var http = HttpClient.newHttpClient()) {
      var answer =
          http.send(
              HttpRequest.newBuilder(url).timeout(LIMIT).build(),
              HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() != 200) {
        throw new IllegalArgumentException(
            "%s answered %d: %s".formatted(url, answer.statusCode(), answer.body()));
      }
      return tensors(JsonMapper.builder().build().readTree(answer.body()));
    }
  }

  private static List<SampleTensor> tensors(JsonNode metadata) {
    var tensors = new ArrayList<SampleTensor>();
    for (var input : metadata.path("inputs")) {
      var shape = new ArrayList<Long>();
      input.path("shape").forEach(size -> shape.add(size.asLong()));
      tensors.add(tensor(input.path("name").asString(), input.path("datatype").asString(), shape));
    }
    return tensors;
  }

  private static List<SampleTensor> overGrpc(URI server, String model) {
    ManagedChannel channel =
        NettyChannelBuilder.forAddress(server.getHost(), server.getPort()).usePlaintext().build();
    try {
      return GRPCInferenceServiceGrpc.newBlockingStub(channel)
          .withDeadlineAfter(LIMIT.toMillis(), TimeUnit.MILLISECONDS)
          .modelMetadata(ModelMetadataRequest.newBuilder().setName(model).build())
          .getInputsList()
          .stream()
          .map(input -> tensor(input.getName(), input.getDatatype(), input.getShapeList()))
          .toList();
    } finally {
      channel.shutdownNow();
    }
  }

  private static SampleTensor tensor(String name, String datatype, List<Long> shape) {
    var sizes = shape.stream().map(size -> size < 0 ? 1L : size).toList();
    var count = sizes.stream().mapToLong(Long::longValue).reduce(1, Math::multiplyExact);
    var values = new Random(7).doubles(count).map(value -> Math.round(value * 1e4) / 1e4);
    return new SampleTensor(name, datatype, sizes, values.boxed().toList());
  }
}
