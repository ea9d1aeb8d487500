package dev.millrace.serving.config;

import static dev.millrace.serving.config.RunningService.json;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.api.edge.FastRoute;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.web.reactive.function.server.RouterFunction;
import tools.jackson.databind.JsonNode;

/** The description of the routes against the routes. */
@Timeout(60)
class ApiDocsIT {
  /** Would take the models of the other tests away. */
  private static final Set<String> NOT_RUN = Set.of("repositoryModelUnload", "unloadModel");

  /** What a repository that follows its directory, and has no regions, does not do. */
  private static final Map<String, Integer> REFUSED =
      Map.of(
          "repositoryModelLoad", 503,
          "loadModel", 409,
          "systemSharedMemoryStatusOfRegion", 404,
          "cudaSharedMemoryStatusOfRegion", 404,
          "systemSharedMemoryRegister", 501,
          "cudaSharedMemoryRegister", 501,
          "systemSharedMemoryRegisterOfRegion", 501,
          "cudaSharedMemoryRegisterOfRegion", 501);

  @TempDir private static Path temporary;
  private static RunningService service;
  private static JsonNode document;

  @BeforeAll
  static void start() throws IOException {
    var models = temporary.resolve("models");
    FixtureRepository.addPairs(models);
    FixtureRepository.addPictures(models);
    service =
        RunningService.serving(models, temporary.resolve("home"), "--serving.default-model=pairs");
    var answer = service.get(service.http("/v3/api-docs"));
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("Content-Type")).contains("application/json");
    document = json(answer);
  }

  @AfterAll
  static void stop() {
    service.close();
  }

  /** Whoever adds a route adds it to a file of {@code src/main/resources/openapi}. */
  @Test
  void describesEveryRouteAndNoOther() {
    var mapped = new TreeSet<String>();
    mapped.addAll(MappedRoutes.of(springRoutes()));
    fastRoutes().forEach(pattern -> mapped.add("POST " + pattern));
    var described = new TreeSet<String>();
    for (var path : document.path("paths").properties()) {
      for (var method : path.getValue().propertyNames()) {
        if (!method.equals("parameters")) {
          described.add(method.toUpperCase(Locale.ROOT) + " " + path.getKey());
        }
      }
    }
    assertThat(described).isEqualTo(mapped);
  }

  @Test
  void findsTheFastRoutesBehindTheirPatterns() {
    assertThat(fastRoutes()).isNotEmpty();
    for (var route : service.beans(FastRoute.class)) {
      assertThat(route.patterns()).isNotEmpty();
      for (var pattern : route.patterns()) {
        assertThat(route.takes(pattern.replaceAll("\\{[^}]+}", "1"))).as(pattern).isTrue();
      }
    }
  }

  @Test
  void isOpenApi() {
    OpenApiRules.check(document);
    assertThat(document.path("info").path("version").asString()).isNotEmpty();
  }

  @Test
  void hasExamplesThatRun() {
    int run = 0;
    for (var path : document.path("paths").properties()) {
      for (var operation : path.getValue().properties()) {
        if (!operation.getKey().equals("parameters")) {
          run += examples(path.getKey(), path.getValue(), operation.getKey(), operation.getValue());
        }
      }
    }
    assertThat(run).isGreaterThan(45);
  }

  private static int examples(String path, JsonNode item, String method, JsonNode operation) {
    var name = operation.path("operationId").asString();
    if (NOT_RUN.contains(name)) {
      return 0;
    }
    var target = target(path, item);
    if (method.equals("get")) {
      assertDescribed(name, operation, service.get(service.http(target)));
      return 1;
    }
    int run = 0;
    for (var media : operation.path("requestBody").path("content").properties()) {
      var example = media.getValue().path("example");
      if (!example.isMissingNode()) {
        var body = BodyPublishers.ofString(example.toString());
        assertDescribed(
            name, operation, service.post(target, body, "Content-Type", media.getKey()));
        run++;
      }
    }
    return run;
  }

  private static String target(String path, JsonNode item) {
    var target = path;
    for (var parameter : item.path("parameters")) {
      var meant = OpenApiRules.resolved(document, parameter);
      target =
          target.replace(
              "{" + meant.path("name").asString() + "}", meant.path("example").asString());
    }
    return target;
  }

  /** A success, in a form that the description has, with the fields that it requires. */
  private static void assertDescribed(
      String name, JsonNode operation, HttpResponse<byte[]> answer) {
    assertThat(answer.statusCode())
        .as(name + " " + new String(answer.body(), UTF_8))
        .isEqualTo(REFUSED.getOrDefault(name, 200));
    var response =
        OpenApiRules.resolved(
            document, operation.path("responses").path(Integer.toString(answer.statusCode())));
    assertThat(response.isMissingNode()).as(name).isFalse();
    if (answer.body().length == 0) {
      assertThat(response.has("content")).as(name).isFalse();
      return;
    }
    var type = answer.headers().firstValue("Content-Type").orElse("").replaceFirst(";.*", "");
    var media = response.path("content").path(type);
    assertThat(media.isMissingNode()).as(name).isFalse();
    if (!type.endsWith("json")) {
      return;
    }
    var missing = new ArrayList<String>();
    missing(OpenApiRules.resolved(document, media.path("schema")), json(answer), name, missing);
    assertThat(missing).isEmpty();
  }

  private static void missing(JsonNode schema, JsonNode value, String where, List<String> missing) {
    for (var required : schema.path("required")) {
      if (!value.has(required.asString())) {
        missing.add(where + "." + required.asString());
      }
    }
    for (var property : schema.path("properties").properties()) {
      if (value.has(property.getKey())) {
        var meant = OpenApiRules.resolved(document, property.getValue());
        missing(meant, value.get(property.getKey()), where + "." + property.getKey(), missing);
      }
    }
    if (value.isArray() && schema.has("items")) {
      var items = OpenApiRules.resolved(document, schema.path("items"));
      value.forEach(element -> missing(items, element, where + "[]", missing));
    }
  }

  @SuppressWarnings("unchecked") // the bean type has a parameter, which classes do not tell
  private static List<RouterFunction<?>> springRoutes() {
    return (List<RouterFunction<?>>) (List<?>) service.beans(RouterFunction.class);
  }

  private static List<String> fastRoutes() {
    return service.beans(FastRoute.class).stream()
        .flatMap(route -> route.patterns().stream())
        .toList();
  }
}
