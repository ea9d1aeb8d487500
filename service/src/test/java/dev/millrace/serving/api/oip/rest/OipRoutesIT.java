package dev.millrace.serving.api.oip.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.serving.api.edge.ErrorResponses;
import dev.millrace.serving.api.edge.RawClient;
import dev.millrace.serving.api.sharedmemory.SharedRegions;
import dev.millrace.serving.lifecycle.ModelCatalog;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.http.HttpStatus;
import org.springframework.http.server.reactive.ReactorHttpHandlerAdapter;
import org.springframework.web.reactive.function.server.RequestPredicates;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.server.adapter.WebHttpHandlerBuilder;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

@Timeout(60)
class OipRoutesIT {
  private static final Duration BODY_TIMEOUT = Duration.ofSeconds(1);

  private final ModelCatalog catalog = new ModelCatalog();
  private final FakeControl control = new FakeControl();
  private final AtomicInteger blockingTasks = new AtomicInteger();
  private final DisposableServer server = start();

  @AfterEach
  void stop() {
    server.disposeNow(Duration.ofSeconds(5));
  }

  @Test
  void describesTheServer() throws IOException {
    var response = get("/v2");
    assertThat(response.status()).isEqualTo(200);
    assertThat(response.header("content-type")).isEqualTo("application/json");
    assertThat(response.text())
        .startsWith("{\"name\":\"millrace\",\"version\":\"")
        .contains("\"extensions\":[\"binary_tensor_data\",\"model_repository\"");
  }

  @Test
  void isLiveAlwaysAndReadyOnlyWhenTheCatalogIs() throws IOException {
    assertThat(get("/v2/health/live").text()).isEqualTo("{\"live\":true}");
    assertThat(get("/v2/health/ready").status()).isEqualTo(503);
    catalog.firstRoundOver();
    assertThat(get("/v2/health/ready").text()).isEqualTo("{\"live\":true,\"ready\":true}");
    catalog.drain();
    assertThat(get("/v2/health/ready").status()).isEqualTo(503);
    assertThat(get("/v2/health/live").status()).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource({
    "/v2/models/x",
    "/v2/models/x/versions/1",
    "/v2/models/x/ready",
    "/v2/models/x/versions/1/ready"
  })
  void doesNotKnowModelsThatAreNotThere(String path) throws IOException {
    var response = get(path);
    assertThat(response.status()).isEqualTo(404);
    assertThat(response.text())
        .startsWith("{\"error\":\"Request for unknown model: 'x' is not found");
  }

  @ParameterizedTest
  @CsvSource({"/nowhere", "/v2/", "/v2/models", "/v2/models/x/y", "/v3/health/live"})
  void answersUnknownPathsWithJson(String path) throws IOException {
    var response = get(path);
    assertThat(response.status()).isEqualTo(404);
    assertThat(response.text()).isEqualTo("{\"error\":\"Not Found: GET " + path + "\"}");
    assertThat(response.header("content-type")).isEqualTo("application/json");
  }

  @ParameterizedTest
  @CsvSource({
    "DELETE, /v2, GET",
    "POST, /v2/health/live, GET",
    "PUT, /v2/models/x, GET",
    "GET, /v2/repository/index, POST",
    "GET, /v2/repository/models/x/load, POST"
  })
  void saysWhichMethodAPathTakes(String method, String path, String allowed) throws IOException {
    var response = send(method, path, "");
    assertThat(response.status()).isEqualTo(405);
    assertThat(response.header("allow")).contains(allowed);
    assertThat(response.text())
        .isEqualTo(
            "{\"error\":\"Method Not Allowed: %s; this path takes %s\"}"
                .formatted(method, allowed));
  }

  @Test
  void listsTheRepository() throws IOException {
    assertThat(send("POST", "/v2/repository/index", "").text())
        .isEqualTo(
            "[{\"name\":\"a\",\"version\":\"1\",\"state\":\"READY\",\"reason\":\"\"},"
                + "{\"name\":\"b\",\"version\":\"2\",\"state\":\"UNAVAILABLE\",\"reason\":\"unloaded\"},"
                + "{\"name\":\"c\",\"state\":\"UNAVAILABLE\",\"reason\":\"\"}]");
    assertThat(send("POST", "/v2/repository/index", "{\"ready\":true}").text())
        .isEqualTo("[{\"name\":\"a\",\"version\":\"1\",\"state\":\"READY\",\"reason\":\"\"}]");
  }

  @Test
  void loadsAndUnloadsOffTheEventLoop() throws IOException {
    assertThat(send("POST", "/v2/repository/models/a/load", "{}").status()).isEqualTo(200);
    assertThat(
            send(
                    "POST",
                    "/v2/repository/models/a/unload",
                    "{\"parameters\":{\"unload_dependents\":false}}")
                .status())
        .isEqualTo(200);
    assertThat(control.calls()).containsExactly("load a on virtual", "unload a");
  }

  @Test
  void holdsThePlaceOfALargeLoadUntilItIsOver() throws IOException {
    var padding = " ".repeat(FakeControl.LARGE_BYTES);
    send("POST", "/v2/repository/models/a/load", "{}" + padding);
    assertThat(control.calls()).containsExactly("place", "load a on virtual", "place given back");
    send("POST", "/v2/repository/models/a/load", "{" + padding);
    assertThat(control.calls()).hasSize(5).endsWith("place", "place given back");
  }

  @Test
  void readsTheBodyOfALoadOffTheEventLoop() throws IOException {
    assertThat(send("POST", "/v2/repository/models/a/load", "{").status()).isEqualTo(400);
    assertThat(blockingTasks).hasValue(1);
  }

  private void executeBlocking(Runnable task) {
    blockingTasks.incrementAndGet();
    Thread.startVirtualThread(task);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "absent/load|{}|404|failed to load 'absent', no such model",
        "a/load|{\"parameters\":{\"config\":\"{}\"}}|501|The parameter 'config' is not supported",
        "a/load|{\"parameters\":{\"config\":{}}}|400|Config parameter 'config' must have string type",
        "a/load|{\"parameters\":{\"file:1/model.onnx\":\"\"}}|501|brings a file along",
        "a/load|{\"parameters\":{\"other\":1}}|400|Unrecognized load parameter 'other'",
        "a/load|{\"parameters\":[null]}|400|Unable to parse 'parameters': expected an object",
        "a/unload|{\"parameters\":null}|400|Unable to parse 'parameters': expected an object",
        "a/load|{|400|Unable to parse the request as JSON",
        "a/load|[]|400|it is not an object",
        "a/unload|{\"parameters\":{\"unload_dependents\":1}}|400|expected true or false"
      })
  void refusesWhatItCannotDo(String path, String body, int status, String message)
      throws IOException {
    var response = send("POST", "/v2/repository/models/" + path, body);
    assertThat(response.status()).isEqualTo(status);
    assertThat(response.text()).startsWith("{\"error\":\"").contains(message);
  }

  @Test
  void refusesBodiesThatAreTooLarge() throws IOException {
    var response = send("POST", "/v2/repository/index", " ".repeat((1 << 20) + 1));
    assertThat(response.status()).isEqualTo(413);
    assertThat(response.text()).startsWith("{\"error\":\"The body is larger than");
  }

  @Test
  void givesUpOnBodiesThatStall() throws IOException {
    try (var client = new RawClient(server.port())) {
      client.sendHead("POST /v2/repository/index HTTP/1.1\nHost: x\nContent-Length: 10\n\n{");
      var response = client.read();
      assertThat(response.status()).isEqualTo(408);
      assertThat(response.text())
          .isEqualTo("{\"error\":\"The body did not arrive within 1000 ms.\"}");
      assertThat(client.isClosedByServer()).isTrue();
    }
  }

  @Test
  void hidesWhatBreaksInside() throws IOException {
    var response = get("/broken");
    assertThat(response.status()).isEqualTo(500);
    assertThat(response.text()).isEqualTo("{\"error\":\"The request could not be handled.\"}");
  }

  private DisposableServer start() {
    var broken =
        RouterFunctions.route(
            RequestPredicates.path("/broken"),
            _ -> Mono.error(new IllegalStateException("a secret")));
    var routes =
        new OipRoutes(catalog, SharedRegions.off())
            .routes()
            .and(new RepositoryRoutes(control, this::executeBlocking, 1 << 20).routes())
            .and(broken)
            .and(RouterFunctions.route(RequestPredicates.all(), _ -> Mono.error(notFound())));
    var handler =
        WebHttpHandlerBuilder.webHandler(RouterFunctions.toWebHandler(routes))
            .exceptionHandler(new ErrorResponses(BODY_TIMEOUT))
            .build();
    return HttpServer.create()
        .host("127.0.0.1")
        .port(0)
        .requestTimeout(BODY_TIMEOUT)
        .handle(new ReactorHttpHandlerAdapter(handler))
        .bindNow(Duration.ofSeconds(10));
  }

  /** What Boot's dispatcher says of a path that no route takes. */
  private static Throwable notFound() {
    return new ResponseStatusException(HttpStatus.NOT_FOUND);
  }

  private RawClient.Response get(String path) throws IOException {
    return send("GET", path, "");
  }

  private RawClient.Response send(String method, String path, String body) throws IOException {
    try (var client = new RawClient(server.port())) {
      client.sendHead(
          "%s %s HTTP/1.1\nHost: x\nContent-Length: %d\n\n".formatted(method, path, body.length()));
      return client.send(body.getBytes(StandardCharsets.UTF_8)).read();
    }
  }
}
