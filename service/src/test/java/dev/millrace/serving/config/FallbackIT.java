package dev.millrace.serving.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.protocol.oip.ModelMetadataRequest;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A model that belongs on GPUs, in a service without any. */
@Timeout(60)
class FallbackIT {
  @Test
  void isToldByTheMetadataOfBothProtocolsAndByTheIndex(@TempDir Path temporary) throws IOException {
    var models = temporary.resolve("models");
    FixtureRepository.addPairs(models);
    Files.writeString(
        models.resolve("pairs/millrace.yaml"), "instances: [{count: 2, kind: gpu}]\n");
    try (var service = RunningService.serving(models, temporary.resolve("home"))) {
      var rest = RunningService.json(service.get(service.http("/v2/models/pairs")));
      var where = rest.path("parameters");
      assertThat(where.path("devices").asString()).isEqualTo("cpu");
      assertThat(where.path("instances").asInt()).isEqualTo(2);
      assertThat(where.path("fallback").asString())
          .startsWith("runs on the processors instead of a GPU: it needs")
          .endsWith("and there is no such device");
      var grpc =
          service.grpc().modelMetadata(ModelMetadataRequest.newBuilder().setName("pairs").build());
      assertThat(grpc.getParametersOrThrow("fallback").getStringParam())
          .isEqualTo(where.path("fallback").asString());
      assertThat(grpc.getParametersOrThrow("instances").getInt64Param()).isEqualTo(2);
      var index = service.post("/v2/repository/index", BodyPublishers.noBody());
      assertThat(RunningService.json(index).get(0).path("reason").asString())
          .isEqualTo(where.path("fallback").asString());
    }
  }
}
