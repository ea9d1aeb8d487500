package dev.millrace.loadtest.bench;

import dev.millrace.loadtest.fixture.FixtureModel;
import dev.millrace.loadtest.process.FreePorts;
import dev.millrace.loadtest.process.Processors;
import dev.millrace.loadtest.process.ServerProcess;
import dev.millrace.loadtest.traffic.Protocol;
import dev.millrace.loadtest.traffic.Sample;
import dev.millrace.loadtest.traffic.Target;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * A service process on a temporary folder of fixture models. Closing it stops it and deletes the
 * folder.
 */
final class ServedFixtures implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofMinutes(2);

  private final Path folder;
  private final Map<FixtureModel, Path> files;
  private final List<Integer> ports;
  private final ServerProcess process;

  private ServedFixtures(
      Path folder, Map<FixtureModel, Path> files, List<Integer> ports, ServerProcess process) {
    this.folder = folder;
    this.files = files;
    this.ports = ports;
    this.process = process;
  }

  static ServedFixtures start(BenchPlan plan, Processors processors) throws IOException {
    var folder = Files.createTempDirectory("millrace-bench");
    var models = folder.resolve("models");
    var files = new EnumMap<FixtureModel, Path>(FixtureModel.class);
    for (var model : plan.models()) {
      files.put(model, model.writeInto(models));
    }
    var ports = FreePorts.find(3);
    var environment =
        Map.of(
            "MILLRACE_HOME", folder.resolve("home").toString(),
            "MILLRACE_MODELS", models.toString(),
            "MILLRACE_HTTP_PORT", ports.get(0).toString(),
            "MILLRACE_GRPC_PORT", ports.get(1).toString(),
            "MILLRACE_MANAGEMENT_PORT", ports.get(2).toString());
    var log = folder.resolve("service.log");
    var process =
        ServerProcess.start(
            "service", plan.serviceJar(), processors.serverPrefix(), environment, log);
    var service = new ServedFixtures(folder, files, ports, process);
    service.awaitReady();
    return service;
  }

  private void awaitReady() {
    try {
      process.awaitOk(URI.create(http() + "/v2/health/ready"), START_LIMIT);
    } catch (RuntimeException e) {
      process.close();
      throw e;
    }
  }

  long pid() {
    return process.pid();
  }

  Path file(FixtureModel model) {
    var file = files.get(model);
    if (file == null) {
      throw new IllegalArgumentException(model + " is not served");
    }
    return file;
  }

  Target target(FixtureModel model, Protocol protocol) {
    var server = protocol == Protocol.GRPC ? "http://127.0.0.1:" + ports.get(1) : http();
    return new Target(protocol, URI.create(server), Sample.picture(model.modelName()));
  }

  /**
   * Refuses to measure a server whose answer is not the model's: wrong answers can be arbitrarily
   * fast.
   */
  void requireSameAnswer(FixtureModel model, List<Float> expected)
      throws IOException, InterruptedException {
    AnswerCheck.requireSame(URI.create(http()), Sample.picture(model.modelName()), expected);
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
