package dev.millrace.loadtest.system;

import dev.millrace.loadtest.process.FreePorts;
import dev.millrace.loadtest.process.ServerProcess;
import dev.millrace.protocol.mlflow.MlflowClient;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The three processes on free ports of loopback, with their state in one folder. Closing it ends
 * all of them.
 */
final class MillraceSystem implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofMinutes(2);

  /** A process; the property names its jar, which the build sets. */
  enum Part {
    STORE("millrace.store.jar", "/health"),
    TRAINER("millrace.trainer.jar", "/health"),
    SERVICE("millrace.service.jar", "/v2/health/live");

    private final String jarProperty;
    private final String healthPath;

    Part(String jarProperty, String healthPath) {
      this.jarProperty = jarProperty;
      this.healthPath = healthPath;
    }
  }

  private final Path home;
  private final List<Integer> ports = FreePorts.find(5);
  private final Map<Part, ServerProcess> processes = new EnumMap<>(Part.class);
  private final Map<String, String> environment = new HashMap<>();

  MillraceSystem(Path home) {
    this.home = home;
    environment.put("MILLRACE_HOME", home.toString());
    environment.put("MILLRACE_HTTP_PORT", port(0));
    environment.put("MILLRACE_GRPC_PORT", port(1));
    environment.put("MILLRACE_MANAGEMENT_PORT", port(2));
    environment.put("MILLRACE_STORE_PORT", port(3));
    environment.put("MILLRACE_TRAINER_PORT", port(4));
    environment.put("MILLRACE_STORE_URL", storeUrl().toString());
    environment.put("MILLRACE_POLL_INTERVAL", "200ms");
  }

  private String port(int index) {
    return ports.get(index).toString();
  }

  /** One more variable for processes started from now on. */
  MillraceSystem with(String variable, String value) {
    environment.put(variable, value);
    return this;
  }

  /** Starts a part and waits until it answers; the service is then live, not necessarily ready. */
  void start(Part part) {
    var jar = System.getProperty(part.jarProperty);
    if (jar == null) {
      throw new IllegalStateException(
          "System property %s is not set: run this test through Maven ('mvn verify')."
              .formatted(part.jarProperty));
    }
    var name = part.name().toLowerCase(Locale.ROOT);
    var process =
        ServerProcess.start(
            name, Path.of(jar), List.of(), environment, home.resolve(name + ".log"));
    processes.put(part, process);
    process.awaitOk(URI.create(url(part) + part.healthPath), START_LIMIT);
  }

  void startAll() {
    List.of(Part.values()).forEach(this::start);
  }

  void kill(Part part) {
    process(part).kill();
  }

  /** SIGTERM; the exit status. */
  int stop(Part part) {
    return process(part).stop();
  }

  ServerProcess process(Part part) {
    var process = processes.get(part);
    if (process == null) {
      throw new IllegalStateException(part + " was not started");
    }
    return process;
  }

  URI url(Part part) {
    return switch (part) {
      case STORE -> storeUrl();
      case TRAINER -> local(4);
      case SERVICE -> local(0);
    };
  }

  URI grpcUrl() {
    return local(1);
  }

  URI managementUrl() {
    return local(2);
  }

  MlflowClient store() {
    return new MlflowClient(storeUrl(), null);
  }

  /** Waits until the service answers for a model; what it says last is in the failure. */
  void awaitModel(String model) {
    process(Part.SERVICE)
        .awaitOk(URI.create(url(Part.SERVICE) + "/v2/models/" + model + "/ready"), START_LIMIT);
  }

  private URI storeUrl() {
    return local(3);
  }

  private URI local(int port) {
    return URI.create("http://127.0.0.1:" + ports.get(port));
  }

  @Override
  public void close() {
    new ArrayList<>(processes.values()).forEach(ServerProcess::close);
  }
}
