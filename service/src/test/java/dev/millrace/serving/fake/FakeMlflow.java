package dev.millrace.serving.fake;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.millrace.protocol.mlflow.Alias;
import dev.millrace.protocol.mlflow.FileInfo;
import dev.millrace.protocol.mlflow.MlflowClient;
import dev.millrace.protocol.mlflow.MlflowJson;
import dev.millrace.protocol.mlflow.ModelVersion;
import dev.millrace.protocol.mlflow.RegisteredModel;
import dev.millrace.protocol.mlflow.Tag;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** The part of an MLflow server that serving needs, on loopback, with artifacts in a folder. */
public final class FakeMlflow implements AutoCloseable {
  private static final String API = "/api/2.0/mlflow/";
  private static final String ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts";
  private static final String WATCH = API + "registered-models/watch";

  /** A way to break it. */
  public enum Fault {
    NONE,
    DOWN,
    /** In its place a proxy answers, which knows no route. */
    NO_ROUTE,
    LISTS_NOTHING
  }

  private final Path artifacts;
  private final HttpServer server;

  /** Guarded by this. */
  private final Map<String, Registered> models = new TreeMap<>();

  private final ConcurrentMap<String, String> tags = new ConcurrentHashMap<>();
  private final AtomicInteger downloads = new AtomicInteger();
  private final AtomicInteger broken = new AtomicInteger();
  private volatile Fault fault = Fault.NONE;
  private long created = 1_000;
  private final FakeMoves moves = new FakeMoves();
  private final AtomicInteger looks = new AtomicInteger();
  private volatile CompletableFuture<Void> mayDownload = CompletableFuture.completedFuture(null);

  private record Registered(
      long created, List<ModelVersion> versions, Map<String, String> aliases) {}

  /** Keeps artifacts below this folder. */
  public FakeMlflow(Path artifacts) {
    this.artifacts = artifacts;
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::handle);
    server.start();
  }

  public MlflowClient client() {
    return new MlflowClient(url(), null);
  }

  /** Where it listens. */
  public URI url() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  public void breakBy(Fault newFault) {
    fault = newFault;
    moves.breakBy(newFault == Fault.DOWN || newFault == Fault.NO_ROUTE);
  }

  /** Where the files of a version lie, to fill or to spoil. */
  public Path folder(String model, String version) {
    return artifacts.resolve(model).resolve(version);
  }

  /** Registers what lies in {@link #folder} as that version. */
  public synchronized void register(String model, String version, List<Tag> versionTags) {
    var registered =
        models.computeIfAbsent(
            model, _ -> new Registered(created++, new ArrayList<>(), new TreeMap<>()));
    var source = "mlflow-artifacts:/" + model + "/" + version;
    registered
        .versions()
        .add(
            new ModelVersion(
                model,
                version,
                1,
                1,
                null,
                null,
                null,
                source,
                null,
                "READY",
                null,
                null,
                null,
                versionTags,
                List.of()));
  }

  /** Replaces the tags of a version. */
  public synchronized void retag(String model, String version, List<Tag> versionTags) {
    registered(model).versions().removeIf(known -> known.version().equals(version));
    register(model, version, versionTags);
  }

  public synchronized void alias(String model, String alias, String version) {
    registered(model).aliases().put(alias, version);
    moves.moved();
  }

  public synchronized void deleteAlias(String model, String alias) {
    registered(model).aliases().remove(alias);
    moves.moved();
  }

  public synchronized void deleteModel(String model) {
    models.remove(model);
    moves.moved();
  }

  /** From now on it tells when aliases move, as model-store does and MLflow does not. */
  public void tellMoves() {
    moves.tell();
  }

  /** How often it was asked for moves. */
  public int questionsForMoves() {
    return moves.questions();
  }

  /** How often its models were listed. */
  public int looks() {
    return looks.get();
  }

  /** Downloads wait until they are released. */
  public void holdDownloads() {
    mayDownload = new CompletableFuture<>();
  }

  /** Downloads go on. */
  public void releaseDownloads() {
    mayDownload.complete(null);
  }

  /** Whether a client set the tag on a version, be it to nothing. */
  public boolean wasSet(String model, String version, String key) {
    return tags.containsKey(model + " " + version + " " + key);
  }

  /** The tag that a client set on a version; empty when it set none. */
  public String tag(String model, String version, String key) {
    return tags.getOrDefault(model + " " + version + " " + key, "");
  }

  /** Answers that the fault spoiled. */
  public int brokenAnswers() {
    return broken.get();
  }

  /** Files that were fetched. */
  public int downloads() {
    return downloads.get();
  }

  private void handle(HttpExchange exchange) throws IOException {
    if (exchange.getRequestURI().getPath().equals(WATCH)) {
      answerWatch(exchange);
      return;
    }
    if (fault == Fault.DOWN || fault == Fault.NO_ROUTE) {
      broken.incrementAndGet();
      answerNothing(exchange, fault == Fault.DOWN);
      return;
    }
    var path = exchange.getRequestURI().getPath();
    if (path.startsWith(API)) {
      answer(exchange, answerTo(path.substring(API.length()), exchange));
    } else if (path.equals(ARTIFACTS)) {
      answer(exchange, Map.of("files", list(query(exchange).getOrDefault("path", ""))));
    } else {
      downloads.incrementAndGet();
      mayDownload.join();
      var file = artifacts.resolve(path.substring(ARTIFACTS.length() + 1));
      answer(exchange, 200, Files.readAllBytes(file));
    }
  }

  private void answerWatch(HttpExchange exchange) throws IOException {
    if (!moves.isTold()) {
      answerNothing(exchange, false);
      return;
    }
    var revision = moves.next(query(exchange));
    switch (fault) {
      case DOWN -> answerNothing(exchange, true);
      case NO_ROUTE -> answerNothing(exchange, false);
      case NONE, LISTS_NOTHING -> answer(exchange, Map.of("revision", revision));
    }
  }

  private static void answerNothing(HttpExchange exchange, boolean isDown) throws IOException {
    var text = isDown ? "down" : "<html>Not Found</html>";
    answer(exchange, isDown ? 503 : 404, text.getBytes(StandardCharsets.UTF_8));
  }

  private synchronized Map<String, ?> answerTo(String route, HttpExchange exchange)
      throws IOException {
    var query = query(exchange);
    var model = query.getOrDefault("name", "");
    return switch (route) {
      case "registered-models/search" -> Map.of("registered_models", listed());
      case "registered-models/alias" ->
          models.containsKey(model)
              ? aliased(model, query.getOrDefault("alias", ""))
              : error("RESOURCE_DOES_NOT_EXIST", "Registered Model with name=" + model);
      case "model-versions/get" -> version(model, query.getOrDefault("version", ""));
      case "model-versions/get-download-uri" ->
          Map.of("artifact_uri", "mlflow-artifacts:/" + model + "/" + query.get("version"));
      case "model-versions/set-tag" -> setTag(body(exchange));
      default -> error("ENDPOINT_NOT_FOUND", route);
    };
  }

  private List<RegisteredModel> listed() {
    looks.incrementAndGet();
    if (fault == Fault.LISTS_NOTHING) {
      broken.incrementAndGet();
      return List.of();
    }
    return models.entrySet().stream()
        .map(entry -> registeredModel(entry.getKey(), entry.getValue()))
        .toList();
  }

  private static RegisteredModel registeredModel(String name, Registered registered) {
    var aliases =
        registered.aliases().entrySet().stream()
            .map(entry -> new Alias(entry.getKey(), entry.getValue()))
            .toList();
    return new RegisteredModel(name, registered.created(), 1, null, List.of(), List.of(), aliases);
  }

  private Map<String, ?> aliased(String model, String alias) {
    var version = registered(model).aliases().get(alias);
    return version == null
        ? error("INVALID_PARAMETER_VALUE", "Registered model alias " + alias + " not found.")
        : version(model, version);
  }

  private Map<String, ?> version(String model, String version) {
    return registered(model).versions().stream()
        .filter(known -> known.version().equals(version))
        .findFirst()
        .<Map<String, ?>>map(known -> Map.of("model_version", known))
        .orElseGet(() -> error("RESOURCE_DOES_NOT_EXIST", "no version " + version));
  }

  private Map<String, ?> setTag(JsonNode body) {
    var key =
        body.path("name").asString()
            + " "
            + body.path("version").asString()
            + " "
            + body.path("key").asString();
    tags.put(key, body.path("value").asString());
    return Map.of();
  }

  private synchronized Registered registered(String model) {
    var registered = models.get(model);
    if (registered == null) {
      throw new IllegalArgumentException("No model " + model);
    }
    return registered;
  }

  private List<FileInfo> list(String path) throws IOException {
    try (Stream<Path> entries = Files.list(artifacts.resolve(path))) {
      return entries
          .map(
              entry -> new FileInfo(entry.getFileName().toString(), Files.isDirectory(entry), null))
          .toList();
    }
  }

  private static Map<String, ?> error(String code, String message) {
    return Map.of("error_code", code, "message", message);
  }

  private static void answer(HttpExchange exchange, Map<String, ?> json) throws IOException {
    int status = json.containsKey("error_code") ? 400 : 200;
    answer(exchange, status, MlflowJson.mapper().writeValueAsBytes(json));
  }

  private static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  private static JsonNode body(HttpExchange exchange) throws IOException {
    return MlflowJson.mapper().readTree(exchange.getRequestBody().readAllBytes());
  }

  private static Map<String, String> query(HttpExchange exchange) {
    var query = new TreeMap<String, String>();
    var raw = exchange.getRequestURI().getRawQuery();
    for (var pair : raw == null ? new String[0] : raw.split("&", -1)) {
      var parts = pair.split("=", 2);
      query.put(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
    }
    return query;
  }

  @Override
  public void close() {
    moves.end();
    releaseDownloads();
    server.stop(0);
  }
}
