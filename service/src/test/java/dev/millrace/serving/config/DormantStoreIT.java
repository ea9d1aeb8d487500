package dev.millrace.serving.config;

import static dev.millrace.serving.fake.FakeEngine.await;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.protocol.mlflow.Tag;
import dev.millrace.protocol.packaging.GoldenExamples;
import dev.millrace.protocol.packaging.ModelManifest;
import dev.millrace.protocol.packaging.PackageContents;
import dev.millrace.protocol.packaging.PackageWriter;
import dev.millrace.protocol.packaging.TensorDescription;
import dev.millrace.serving.fake.FakeMlflow;
import dev.millrace.serving.fake.FakeMlflow.Fault;
import dev.millrace.serving.fixture.FixtureModels;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Models of a store, of which one fits at a time, asked over HTTP. */
@Timeout(60)
class DormantStoreIT {
  private static final String ASLEEP = "unloaded to make room; the next request loads it";

  @TempDir Path folder;
  private FakeMlflow store;
  private RunningService service;
  private String digest;

  @BeforeEach
  void serveTwoModelsWhereOneFits() throws IOException {
    store = new FakeMlflow(folder.resolve("artifacts"));
    digest = publish("same", "1", FixtureModels.identity(scratch("same")), "y");
    publish("sums", "1", FixtureModels.twoOutputs(scratch("sums")), "doubled");
    store.alias("same", "champion", "1");
    store.alias("sums", "champion", "1");
    service =
        RunningService.following(
            store.url(),
            folder.resolve("home"),
            "--serving.engine.placement.max-loaded-models=1",
            "--serving.poll-interval=50ms");
  }

  @AfterEach
  void stop() {
    service.close();
    store.close();
  }

  @Test
  void areLoadedAgainByTheNextRequestWhichIsToldHowLongThatTook() {
    assertThat(reasons()).containsExactlyInAnyOrder("", ASLEEP);
    for (int round = 0; round < 3; round++) {
      assertThat(data(asked("same"))).isEqualTo("[1.0,2.0,3.0,4.0]");
      var cold = asked("sums");
      assertThat(data(cold)).isEqualTo("[2.0,4.0,6.0,8.0]");
      assertThat(timing(cold)).contains("load;dur=");
      assertThat(timing(asked("sums"))).doesNotContain("load;dur=");
      assertThat(reason("same")).isEqualTo(ASLEEP);
      assertThat(instances("same")).isZero();
      assertThat(instances("sums")).isOne();
    }
    assertThat(metrics())
        .containsPattern("(?m)^millrace_model_unload ([6-9]|1\\d)\\.0$")
        .containsPattern("(?m)^millrace_model_cold_load_us_count [5-9]$");
  }

  @Test
  void areLoadedFromTheCacheWhileTheStoreIsDown() {
    asked("sums");
    assertThat(reason("same")).isEqualTo(ASLEEP);
    int before = store.downloads();
    store.breakBy(Fault.DOWN);
    assertThat(data(asked("same"))).isEqualTo("[1.0,2.0,3.0,4.0]");
    assertThat(store.downloads()).isEqualTo(before);
  }

  @Test
  void areFetchedAnewWhereTheCacheWasDamagedMeanwhile() throws IOException {
    asked("sums");
    var cached = folder.resolve("home/cache/packages").resolve(digest).resolve("model.onnx");
    Files.writeString(cached, "damaged");
    assertThat(data(asked("same"))).isEqualTo("[1.0,2.0,3.0,4.0]");
    assertThat(Files.size(cached)).isGreaterThan("damaged".length());
  }

  @Test
  void followTheChampionWhileTheySleep() throws IOException {
    asked("sums");
    assertThat(reason("same")).isEqualTo(ASLEEP);
    publish("same", "2", FixtureModels.twoOutputs(scratch("next")), "doubled");
    store.alias("same", "champion", "2");
    await(() -> service.catalog().ready("same", "2"));
    asked("sums");
    var answer = RunningService.json(asked("same"));
    assertThat(answer.path("model_version").asString()).isEqualTo("2");
    assertThat(answer.path("outputs").get(0).path("data").toString())
        .isEqualTo("[2.0,4.0,6.0,8.0]");
  }

  @Test
  void leaveWithTheirAlias() {
    asked("sums");
    store.deleteAlias("same", "champion");
    await(() -> !service.catalog().ready("same", null));
    assertThat(post("same").statusCode()).isEqualTo(503);
    assertThat(data(asked("sums"))).isEqualTo("[2.0,4.0,6.0,8.0]");
  }

  private HttpResponse<byte[]> asked(String model) {
    var answer = post(model);
    assertThat(answer.statusCode()).as(new String(answer.body(), UTF_8)).isEqualTo(200);
    return answer;
  }

  private HttpResponse<byte[]> post(String model) {
    var body =
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,4],\"datatype\":\"FP32\",\"data\":[1,2,3,4]}]}";
    return service.post("/v2/models/" + model + "/infer", BodyPublishers.ofString(body));
  }

  private static String data(HttpResponse<byte[]> answer) {
    return RunningService.json(answer).path("outputs").get(0).path("data").toString();
  }

  private static String timing(HttpResponse<byte[]> answer) {
    return answer.headers().firstValue("server-timing").orElse("");
  }

  private List<String> reasons() {
    return List.of(reason("same"), reason("sums"));
  }

  private String reason(String model) {
    var index = RunningService.json(service.post("/v2/repository/index", BodyPublishers.noBody()));
    for (var entry : index) {
      if (entry.path("name").asString().equals(model)) {
        assertThat(entry.path("state").asString()).isEqualTo("READY");
        return entry.path("reason").asString();
      }
    }
    throw new AssertionError(model + " is not in " + index);
  }

  private int instances(String model) {
    var metadata = RunningService.json(service.get(service.http("/v2/models/" + model)));
    return metadata.path("parameters").path("instances").asInt();
  }

  private String metrics() {
    return new String(service.get(service.management("/metrics")).body(), UTF_8);
  }

  private Path scratch(String name) throws IOException {
    return Files.createDirectories(folder.resolve("scratch").resolve(name));
  }

  /** Packs and registers a version; returns its digest. */
  private String publish(String model, String version, Path file, String output)
      throws IOException {
    var place = Files.createDirectories(store.folder(model, version));
    var sums = PackageWriter.write(place, contents(file, output)).sha256OfSums();
    store.register(model, version, List.of(new Tag("millrace.sha256", sums)));
    return sums;
  }

  private static PackageContents contents(Path model, String output) {
    var row = List.of(-1L, 4L);
    var manifest =
        new ModelManifest(
            1,
            "onnxruntime_onnx",
            "model.onnx",
            List.of(new TensorDescription("x", "FP32", row)),
            List.of(new TensorDescription(output, "FP32", row)),
            null,
            null,
            null);
    var origin = new PackageContents.Origin("0".repeat(32), Instant.EPOCH);
    return new PackageContents(manifest, model, List.of(), GoldenExamples.NONE, origin);
  }
}
