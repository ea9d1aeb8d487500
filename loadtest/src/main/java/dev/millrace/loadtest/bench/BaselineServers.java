package dev.millrace.loadtest.bench;

import dev.millrace.loadtest.fixture.FixtureModel;
import dev.millrace.loadtest.process.FreePorts;
import dev.millrace.loadtest.process.Processors;
import dev.millrace.loadtest.process.ServerProcess;
import dev.millrace.loadtest.traffic.Protocol;
import dev.millrace.loadtest.traffic.Target;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The plain Spring controllers, a process for each of the small models, on the server's core. */
final class BaselineServers implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofMinutes(1);

  private final Map<FixtureModel, Integer> ports = new EnumMap<>(FixtureModel.class);
  private final Map<FixtureModel, ServerProcess> processes = new EnumMap<>(FixtureModel.class);
  private final Path log;

  private BaselineServers(Path log) {
    this.log = log;
  }

  static BaselineServers start(
      Collection<FixtureModel> models, ServedFixtures service, Processors processors)
      throws IOException {
    var servers = new BaselineServers(Files.createTempFile("millrace-baseline", ".log"));
    for (var model : models) {
      if (model == FixtureModel.MLP || model == FixtureModel.LENET5) {
        servers.start(model, service.file(model), processors.serverPrefix());
      }
    }
    return servers;
  }

  private void start(FixtureModel model, Path file, List<String> prefix) {
    var port = FreePorts.find(1).getFirst();
    var arguments =
        List.of("baseline", "--model", file.toString(), "--port", Integer.toString(port));
    var process = ServerProcess.again("baseline", prefix, arguments, log);
    processes.put(model, process);
    ports.put(model, port);
    process.awaitOk(URI.create("http://127.0.0.1:" + port + "/v2/health/ready"), START_LIMIT);
  }

  Optional<Target> target(FixtureModel model) {
    return Optional.ofNullable(ports.get(model))
        .map(port -> URI.create("http://127.0.0.1:" + port))
        .map(server -> new Target(Protocol.JSON, server, model.sample()));
  }

  long pid(FixtureModel model) {
    var process = processes.get(model);
    if (process == null) {
      throw new IllegalArgumentException("No baseline serves " + model);
    }
    return process.pid();
  }

  @Override
  public void close() throws IOException {
    processes.values().forEach(ServerProcess::close);
    Files.delete(log);
  }
}
