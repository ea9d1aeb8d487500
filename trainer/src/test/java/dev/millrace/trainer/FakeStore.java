package dev.millrace.trainer;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.millrace.protocol.mlflow.RunStatus;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The part of an MLflow server that the trainer uses, in memory. */
public final class FakeStore implements AutoCloseable {
  private static final String API = "/api/2.0/mlflow/";
  private static final String ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts";

  private final JsonMapper json = JsonMapper.builder().build();
  private final HttpServer server;
  private final AtomicInteger failures = new AtomicInteger();

  // All guarded by this.
  private final Map<String, FakeRun> runs = new LinkedHashMap<>();
  private final List<FakeVersion> versions = new ArrayList<>();
  private final Map<String, String> aliases = new TreeMap<>();
  private final Map<String, byte[]> artifacts = new TreeMap<>();
  private final Set<String> refused = new HashSet<>();
  private final Set<String> losing = new HashSet<>();

  /** A run as the store keeps it. */
  public static final class FakeRun {
    /** Tags and params by key. */
    public final Map<String, String> tags = new TreeMap<>();

    /** Settings by name. */
    public final Map<String, String> params = new TreeMap<>();

    /** All points of each metric, in the order they came. */
    public final Map<String, List<Double>> metrics = new TreeMap<>();

    /** Where it is. */
    public RunStatus status = RunStatus.RUNNING;
  }

  /** A version as the store keeps it. */
  public record FakeVersion(String source, String runId, Map<String, String> tags) {}

  /** An answer other than 200. */
  private static final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final int status;
    private final String code;

    Refusal(int status, String code, String message) {
      super(message);
      this.status = status;
      this.code = code;
    }
  }

  /** A store on a free port of loopback. */
  public FakeStore() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::answer);
    server.start();
  }

  /** Where it listens. */
  public URI address() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  /** The next so many requests are answered with 503. */
  public void failNext(int requests) {
    failures.set(requests);
  }

  /** Every request of a route, such as "POST runs/update", is refused from now on. */
  public synchronized void refuse(String route) {
    refused.add(route);
  }

  /** The next request of a route is carried out, and its answer lost. */
  public synchronized void loseNextAnswer(String route) {
    losing.add(route);
  }

  /** A run by its id. */
  public synchronized FakeRun run(String id) {
    var run = runs.get(id);
    if (run == null) {
      throw new Refusal(404, "RESOURCE_DOES_NOT_EXIST", "No run " + id);
    }
    return run;
  }

  /** All runs, the oldest first. */
  public synchronized List<FakeRun> runs() {
    return List.copyOf(runs.values());
  }

  /** All versions, version 1 first. */
  public synchronized List<FakeVersion> versions() {
    return List.copyOf(versions);
  }

  /** Versions by alias. */
  public synchronized Map<String, String> aliases() {
    return Map.copyOf(aliases);
  }

  /** Overwrites a file of a package. */
  public synchronized void corrupt(String fileName) {
    artifacts.replaceAll(
        (path, bytes) -> path.endsWith("/" + fileName) ? new byte[] {1, 2, 3} : bytes);
  }

  @Override
  public void close() {
    server.stop(0);
  }

  private void answer(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    int status = 200;
    byte[] answer;
    try {
      if (failures.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
        throw new Refusal(503, "TEMPORARILY_UNAVAILABLE", "Told to fail");
      }
      answer = answered(exchange, body);
    } catch (Refusal e) {
      status = e.status;
      answer = text(Map.of("error_code", e.code, "message", String.valueOf(e.getMessage())));
    }
    exchange.sendResponseHeaders(status, answer.length == 0 ? -1 : answer.length);
    try (var out = exchange.getResponseBody()) {
      out.write(answer);
    }
  }

  private synchronized byte[] answered(HttpExchange exchange, byte[] body) {
    var path = exchange.getRequestURI().getPath();
    if (path.startsWith(ARTIFACTS)) {
      return artifact(exchange, path, body);
    }
    var query = query(exchange.getRequestURI().getRawQuery());
    var request = body.length == 0 ? json.createObjectNode() : json.readTree(body);
    var route = exchange.getRequestMethod() + " " + path.substring(API.length());
    if (refused.contains(route)) {
      throw new Refusal(403, "PERMISSION_DENIED", "Told to refuse " + route);
    }
    var answer = text(mlflow(route, request, query));
    if (losing.remove(route)) {
      throw new Refusal(503, "TEMPORARILY_UNAVAILABLE", "Told to lose the answer");
    }
    return answer;
  }

  private byte[] artifact(HttpExchange exchange, String path, byte[] body) {
    if (exchange.getRequestMethod().equals("PUT")) {
      artifacts.put(path.substring(ARTIFACTS.length() + 1), body);
      return new byte[0];
    }
    if (path.equals(ARTIFACTS)) {
      return listed(query(exchange.getRequestURI().getRawQuery()).get("path") + "/");
    }
    var file = artifacts.get(path.substring(ARTIFACTS.length() + 1));
    if (file == null) {
      throw new Refusal(404, "RESOURCE_DOES_NOT_EXIST", "No artifact " + path);
    }
    return file;
  }

  private byte[] listed(String folder) {
    var files =
        artifacts.entrySet().stream()
            .filter(entry -> entry.getKey().startsWith(folder))
            .map(
                entry ->
                    Map.of(
                        "path",
                        entry.getKey().substring(folder.length()),
                        "is_dir",
                        false,
                        "file_size",
                        entry.getValue().length))
            .toList();
    return text(Map.of("files", files));
  }

  private Map<String, ?> mlflow(String route, JsonNode request, Map<String, String> query) {
    return switch (route) {
      case "GET experiments/get-by-name" ->
          Map.of(
              "experiment",
              Map.of(
                  "experiment_id",
                  "1",
                  "name",
                  "digits",
                  "lifecycle_stage",
                  "active",
                  "artifact_location",
                  "mlflow-artifacts:/1"));
      case "POST runs/create" -> createRun(request);
      case "POST runs/log-batch" -> logBatch(request);
      case "POST runs/set-tag" -> tag(run(text(request, "run_id")).tags, request);
      case "POST runs/update" -> {
        run(text(request, "run_id")).status = RunStatus.valueOf(text(request, "status"));
        yield Map.of();
      }
      case "POST registered-models/create" -> Map.of("registered_model", Map.of());
      case "POST model-versions/create" -> createVersion(request);
      case "GET model-versions/search" -> searched(query.get("filter"));
      case "GET model-versions/get" -> Map.of("model_version", described(query.get("version")));
      case "POST model-versions/set-tag" -> tag(version(text(request, "version")).tags(), request);
      case "GET model-versions/get-download-uri" ->
          Map.of("artifact_uri", version(query.get("version")).source());
      case "GET registered-models/alias" -> alias(query.get("alias"));
      case "POST registered-models/alias" -> {
        aliases.put(text(request, "alias"), text(request, "version"));
        yield Map.of();
      }
      default -> throw new Refusal(404, "ENDPOINT_NOT_FOUND", route);
    };
  }

  private Map<String, ?> createRun(JsonNode request) {
    var id = "run" + (runs.size() + 1);
    var run = new FakeRun();
    request.path("tags").forEach(tag -> tag(run.tags, tag));
    runs.put(id, run);
    var info =
        Map.of(
            "run_id",
            id,
            "run_name",
            text(request, "run_name"),
            "experiment_id",
            "1",
            "status",
            "RUNNING",
            "start_time",
            1,
            "artifact_uri",
            "mlflow-artifacts:/1/" + id + "/artifacts",
            "lifecycle_stage",
            "active");
    return Map.of("run", Map.of("info", info, "data", Map.of()));
  }

  private Map<String, ?> logBatch(JsonNode request) {
    var run = run(text(request, "run_id"));
    request.path("tags").forEach(tag -> tag(run.tags, tag));
    request.path("params").forEach(param -> tag(run.params, param));
    request
        .path("metrics")
        .forEach(
            metric ->
                run.metrics
                    .computeIfAbsent(text(metric, "key"), _ -> new ArrayList<>())
                    .add(metric.path("value").asDouble()));
    return Map.of();
  }

  private Map<String, ?> createVersion(JsonNode request) {
    var version =
        new FakeVersion(text(request, "source"), text(request, "run_id"), new TreeMap<>());
    request.path("tags").forEach(tag -> tag(version.tags(), tag));
    versions.add(version);
    return Map.of("model_version", described(String.valueOf(versions.size())));
  }

  private Map<String, ?> searched(@Nullable String filter) {
    var found =
        IntStream.rangeClosed(1, versions.size())
            .mapToObj(String::valueOf)
            .filter(number -> ("run_id = '" + version(number).runId() + "'").equals(filter))
            .map(this::described)
            .toList();
    return found.isEmpty() ? Map.of() : Map.of("model_versions", found);
  }

  private Map<String, ?> alias(@Nullable String alias) {
    var version = aliases.get(alias);
    if (version == null) {
      throw new Refusal(
          400, "INVALID_PARAMETER_VALUE", "Registered model alias " + alias + " not found.");
    }
    return Map.of("model_version", described(version));
  }

  private Map<String, ?> described(@Nullable String number) {
    var version = version(number);
    var tags =
        version.tags().entrySet().stream()
            .map(tag -> Map.of("key", tag.getKey(), "value", tag.getValue()))
            .toList();
    return Map.of(
        "name",
        "digits",
        "version",
        String.valueOf(number),
        "creation_timestamp",
        1,
        "last_updated_timestamp",
        1,
        "source",
        version.source(),
        "run_id",
        version.runId(),
        "tags",
        tags);
  }

  private FakeVersion version(@Nullable String number) {
    return versions.get(Integer.parseInt(String.valueOf(number)) - 1);
  }

  private static Map<String, ?> tag(Map<String, String> tags, JsonNode tag) {
    tags.put(text(tag, "key"), text(tag, "value"));
    return Map.of();
  }

  private static String text(JsonNode node, String field) {
    return node.path(field).asString();
  }

  private byte[] text(Object answer) {
    return json.writeValueAsBytes(answer);
  }

  private static Map<String, String> query(@Nullable String raw) {
    var query = new TreeMap<String, String>();
    for (var part : raw == null ? new String[0] : raw.split("&", -1)) {
      int equals = part.indexOf('=');
      query.put(part.substring(0, equals), decoded(part.substring(equals + 1)));
    }
    return query;
  }

  private static String decoded(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }
}
