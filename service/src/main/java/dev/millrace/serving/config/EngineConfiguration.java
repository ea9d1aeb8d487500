package dev.millrace.serving.config;

import dev.millrace.protocol.mlflow.MlflowClient;
import dev.millrace.serving.device.DeviceInventory;
import dev.millrace.serving.inference.InferenceService;
import dev.millrace.serving.lifecycle.DeviceWatch;
import dev.millrace.serving.lifecycle.LifecycleSettings;
import dev.millrace.serving.lifecycle.ModelCatalog;
import dev.millrace.serving.lifecycle.ModelSettings;
import dev.millrace.serving.lifecycle.PlacementSettings;
import dev.millrace.serving.lifecycle.Placements;
import dev.millrace.serving.lifecycle.Rollout;
import dev.millrace.serving.lifecycle.UsedMemory;
import dev.millrace.serving.lifecycle.VersionLoader;
import dev.millrace.serving.repository.DirectoryRepository;
import dev.millrace.serving.repository.DirectorySettings;
import dev.millrace.serving.repository.ModelControl;
import dev.millrace.serving.repository.SettingsFiles;
import dev.millrace.serving.repository.StoreRepository;
import dev.millrace.serving.repository.StoreSettings;
import dev.millrace.serving.runtime.ModelRuntimes;
import dev.millrace.serving.runtime.RuntimeSettings;
import dev.millrace.serving.scheduling.SchedulerSettings;
import dev.millrace.serving.telemetry.PlacementMeters;
import dev.millrace.serving.telemetry.ServingMeters;
import dev.millrace.serving.telemetry.UnservedRequests;
import dev.millrace.serving.time.NanoClock;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The engine and the repository that feeds it. */
@Configuration(proxyBeanMethods = false)
class EngineConfiguration {
  @Bean
  NanoClock clock() {
    return NanoClock.SYSTEM;
  }

  @Bean
  ServingMeters meters(MeterRegistry registry, NanoClock clock) {
    return new ServingMeters(registry, clock);
  }

  @Bean
  ModelCatalog catalog() {
    return new ModelCatalog();
  }

  @Bean
  InferenceService inference(ModelCatalog catalog, MeterRegistry registry) {
    return new InferenceService(catalog, new UnservedRequests(registry));
  }

  @Bean
  StopDeadline stopDeadline(ServingProperties properties, NanoClock clock) {
    return new StopDeadline(properties.stop().limit(), clock);
  }

  @Bean
  Placements placements(
      ServingProperties properties,
      ModelCatalog catalog,
      DeviceInventory inventory,
      MeterRegistry registry,
      NanoClock clock) {
    return new Placements(
        catalog,
        ModelRuntimes.installed().runnable(inventory),
        UsedMemory.of(inventory),
        properties.engine().placement().limits(),
        new PlacementMeters(registry),
        clock);
  }

  /** Stopped before what it moves. */
  @Bean
  DeviceWatch deviceWatch(
      ServingProperties properties, DeviceInventory inventory, Rollout rollout) {
    return DeviceWatch.start(inventory, rollout, properties.devices().watchInterval());
  }

  @Bean
  VersionLoader loader(
      ServingProperties properties, Placements placements, ServingMeters meters, NanoClock clock) {
    return new VersionLoader(
        ModelRuntimes.installed()::forFile,
        new SettingsFiles(defaults(properties.engine()), operatorsFile(properties.engine())),
        LifecycleSettings.DEFAULTS
            .caching(properties.engine().responseCacheMemory().toBytes())
            .remembering(properties.home().resolve("cache").resolve("known")),
        placements,
        meters,
        clock);
  }

  @Bean
  Rollout rollout(ModelCatalog catalog, VersionLoader loader, StopDeadline deadline) {
    return new Rollout(catalog, loader, LifecycleSettings.DEFAULTS, deadline::left);
  }

  @Bean
  Repository repository(
      ServingProperties properties, Rollout rollout, ModelCatalog catalog, NanoClock clock) {
    return properties.directory().isSet()
        ? directory(properties, rollout, catalog, clock)
        : store(properties, rollout, catalog, clock);
  }

  /** Closed before what it feeds. */
  @Bean
  ModelControl control(Repository repository) {
    return repository.control();
  }

  private static Repository directory(
      ServingProperties properties, Rollout rollout, ModelCatalog catalog, NanoClock clock) {
    var directory = properties.directory();
    var settings =
        new DirectorySettings(
            Path.of(directory.path()),
            nullIfBlank(directory.modelName()),
            directory.control(),
            properties.pollInterval(),
            directory.allowUpload() ? properties.home().resolve("uploads") : null);
    var repository = new DirectoryRepository(settings, rollout, catalog, clock);
    return new Repository(repository, repository::start, "directory " + settings.root());
  }

  private static Repository store(
      ServingProperties properties, Rollout rollout, ModelCatalog catalog, NanoClock clock) {
    var store = properties.store();
    var client = new MlflowClient(store.url(), nullIfBlank(store.token()));
    var settings =
        new StoreSettings(
            store.alias(),
            properties.pollInterval(),
            store.watch(),
            properties.home().resolve("cache"));
    var repository = new StoreRepository(client, settings, rollout, catalog, clock);
    return new Repository(
        repository, repository::start, "store %s alias %s".formatted(store.url(), store.alias()));
  }

  private static ModelSettings defaults(ServingProperties.Engine engine) {
    var defaults = ModelSettings.defaults();
    var unchanged = defaults.scheduling();
    var scheduling =
        new SchedulerSettings(
            engine.maxBatchRows(),
            unchanged.preferredBatchRows(),
            engine.maxQueueDelay(),
            engine.maxQueueRows(),
            unchanged.priorityLevels(),
            unchanged.defaultPriority(),
            unchanged.closeLimit());
    return new ModelSettings(
        PlacementSettings.copies(engine.instances()),
        RuntimeSettings.threads(engine.intraOpThreads()),
        scheduling,
        defaults.cacheBytes(),
        defaults.weight(),
        defaults.consistencyTolerance());
  }

  private static @Nullable Path operatorsFile(ServingProperties.Engine engine) {
    return engine.modelSettings().isBlank() ? null : Path.of(engine.modelSettings());
  }

  private static @Nullable String nullIfBlank(String value) {
    return value.isBlank() ? null : value;
  }
}
