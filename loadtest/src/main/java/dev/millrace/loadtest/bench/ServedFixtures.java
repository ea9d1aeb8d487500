package dev.millrace.loadtest.bench;

import dev.millrace.loadtest.fixture.FixtureModel;
import dev.millrace.loadtest.process.FreePorts;
import dev.millrace.loadtest.process.ServerProcess;
import dev.millrace.loadtest.traffic.Protocol;
import dev.millrace.loadtest.traffic.Sample;
import dev.millrace.loadtest.traffic.Target;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;

/**
 * A service process on a temporary folder of fixture models. Closing it stops it and deletes the
 * folder.
 */
final class ServedFixtures implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofMinutes(2);

  private final Path folder;
  private final List<Integer> ports;
  private final ServerProcess process;
  private final long startedNanos;

  private ServedFixtures(
      Path folder, List<Integer> ports, ServerProcess process, long startedNanos) {
    this.folder = folder;
    this.ports = ports;
    this.process = process;
    this.startedNanos = startedNanos;
  }

  /** Fills the folder of models before the service starts. */
  interface Contents {
    void writeInto(Path models) throws IOException;
  }

  /**
   * Starts on these models and returns when they are all loaded; under explicit control, when it
   * listens.
   */
  static ServedFixtures start(ServiceSetup setup, Collection<FixtureModel> models)
      throws IOException {
    return start(setup, contents(models));
  }

  static ServedFixtures start(ServiceSetup setup, Contents contents) throws IOException {
    var service = launch(setup, contents);
    // Under explicit control there may be nothing to be ready with until the first load.
    var explicit = "explicit".equals(setup.environment().get("MILLRACE_MODEL_CONTROL"));
    service.awaitOk(explicit ? "health/live" : "health/ready");
    return service;
  }

  /** Starts on these models and returns when each of them answers, ready or not. */
  static ServedFixtures loaded(ServiceSetup setup, Collection<FixtureModel> models)
      throws IOException {
    var service = launch(setup, contents(models));
    for (var model : models) {
      service.awaitOk("models/" + model.modelName() + "/ready");
    }
    return service;
  }

  private static Contents contents(Collection<FixtureModel> models) {
    return folder -> {
      for (var model : models) {
        model.writeInto(folder);
      }
    };
  }

  private static ServedFixtures launch(ServiceSetup setup, Contents contents) throws IOException {
    var folder = Files.createTempDirectory("millrace-bench");
    var models = Files.createDirectories(folder.resolve("models"));
    contents.writeInto(models);
    var ports = FreePorts.find(3);
    var environment = new HashMap<>(setup.environment());
    environment.put("MILLRACE_HOME", folder.resolve("home").toString());
    environment.put("MILLRACE_MODELS", models.toString());
    environment.put("MILLRACE_HTTP_PORT", ports.get(0).toString());
    environment.put("MILLRACE_GRPC_PORT", ports.get(1).toString());
    environment.put("MILLRACE_MANAGEMENT_PORT", ports.get(2).toString());
    var log = folder.resolve("service.log");
    var started = System.nanoTime();
    var process =
        ServerProcess.start(
            "service", setup.jar(), setup.prefix(), setup.javaOptions(), environment, log);
    return new ServedFixtures(folder, ports, process, started);
  }

  /** Waits until the server says that it is ready. */
  void awaitReady() {
    awaitOk("health/ready");
  }

  private void awaitOk(String path) {
    try {
      process.awaitOk(URI.create(http() + "/v2/" + path), START_LIMIT);
    } catch (RuntimeException e) {
      process.close();
      throw e;
    }
  }

  long pid() {
    return process.pid();
  }

  /** Time since the process was started. */
  Duration age() {
    return Duration.ofNanos(System.nanoTime() - startedNanos);
  }

  Path file(FixtureModel model) {
    return folder.resolve("models").resolve(model.modelName()).resolve("1").resolve("model.onnx");
  }

  Target target(Sample sample, Protocol protocol) {
    var server = protocol == Protocol.GRPC ? "http://127.0.0.1:" + ports.get(1) : http();
    return new Target(protocol, URI.create(server), sample);
  }

  ServiceApi api() {
    return new ServiceApi(URI.create(http()));
  }

  private String http() {
    return "http://127.0.0.1:" + ports.get(0);
  }

  @Override
  public void close() throws IOException {
    process.stop();
    try (var paths = Files.walk(folder)) {
      for (var path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
