package dev.millrace.serving.repository;

import dev.millrace.protocol.mlflow.Tag;
import dev.millrace.protocol.packaging.GoldenExamples;
import dev.millrace.protocol.packaging.ModelManifest;
import dev.millrace.protocol.packaging.PackageContents;
import dev.millrace.protocol.packaging.PackageWriter;
import dev.millrace.protocol.packaging.TensorDescription;
import dev.millrace.serving.fake.FakeEngine;
import dev.millrace.serving.fake.FakeMlflow;
import dev.millrace.serving.lifecycle.ModelCatalog;
import dev.millrace.serving.lifecycle.VersionStatus;
import dev.millrace.serving.time.NanoClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A store whose models a repository of the service follows. */
abstract class StoreRepositoryFixture {
  private static final Duration WATCH = Duration.ofSeconds(30);

  @TempDir Path folder;

  FakeMlflow store;
  FakeEngine engine = new FakeEngine();
  StoreRepository repository;

  @BeforeEach
  void start() {
    store = new FakeMlflow(folder.resolve("artifacts"));
    repository = repository();
  }

  @AfterEach
  void stop() {
    repository.close();
    engine.close();
    store.close();
  }

  /** The repository that a test begins with. */
  abstract StoreRepository repository();

  /** A repository that looks by itself this often, and lets the store tell of moves. */
  StoreRepository repository(Duration poll) {
    return repository(poll, WATCH);
  }

  StoreRepository repository(Duration poll, Duration watch) {
    var settings = new StoreSettings("champion", poll, watch, folder.resolve("cache"));
    return new StoreRepository(
        store.client(), settings, engine.rollout(), catalog(), NanoClock.SYSTEM);
  }

  /** Packs and registers a version that multiplies; returns its digest. */
  String publish(String model, String version, String factor) throws IOException {
    var file = Files.writeString(Files.createTempFile(folder, "model", ".onnx"), factor);
    var place = Files.createDirectories(store.folder(model, version));
    var digest = PackageWriter.write(place, contents(file)).sha256OfSums();
    store.register(model, version, List.of(new Tag(Champion.DIGEST_TAG, digest)));
    return digest;
  }

  private static PackageContents contents(Path model) {
    var manifest =
        new ModelManifest(
            1,
            "onnxruntime_onnx",
            "model.onnx",
            List.of(new TensorDescription("x", "FP32", List.of(-1L, 2L))),
            List.of(new TensorDescription("y", "FP32", List.of(-1L, 2L))),
            null,
            null,
            null);
    var origin = new PackageContents.Origin("0".repeat(32), Instant.EPOCH);
    return new PackageContents(manifest, model, List.of(), GoldenExamples.NONE, origin);
  }

  ModelCatalog catalog() {
    return engine.catalog();
  }

  String live(String model) {
    return catalog().versions().stream()
        .filter(status -> status.model().equals(model) && status.live())
        .map(VersionStatus::version)
        .findFirst()
        .orElse("none");
  }
}
