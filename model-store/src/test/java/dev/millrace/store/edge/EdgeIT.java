package dev.millrace.store.edge;

import static java.net.http.HttpRequest.BodyPublishers.ofString;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.store.Point;
import dev.millrace.store.RunningStore;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EdgeIT {
  private static final String CREATE = "/api/2.0/mlflow/experiments/create";

  @TempDir private static Path home;
  private static RunningStore store;

  @BeforeAll
  static void start() {
    store = RunningStore.in(home);
  }

  @AfterAll
  static void stop() {
    store.close();
  }

  @Test
  @Point(30)
  void saysWhatItIs() {
    assertThat(store.send(store.request("/")).text()).contains("MLFLOW_TRACKING_URI=http://");
    assertThat(store.send(store.request("/health")).text()).isEqualTo("OK");
    assertThat(store.send(store.request("/version")).text()).startsWith("3.");
    assertThat(store.send(store.request("/api/3.0/mlflow/server-info")).ok().toString())
        .contains("\"store_type\":\"SqlStore\"", "\"multipart_uploads_enabled\":true");
  }

  @Test
  @Point(32)
  void browsersFindTheSameRoutesUnderTheirPrefix() {
    var path = "/ajax-api/2.0/mlflow/experiments/get?experiment_id=0";
    assertThat(store.send(store.request(path)).ok().at("/experiment/name").asString())
        .isEqualTo("Default");
  }

  @Test
  @Point({1, 2})
  void anUnknownRouteIsJsonToo() {
    store
        .get("nope")
        .refused(404, "ENDPOINT_NOT_FOUND", "There is no route GET /api/2.0/mlflow/nope");
    store.get("runs/create").refused(405, "ENDPOINT_NOT_FOUND", "does not take GET");
    store
        .send(store.request("/other/2.0/mlflow/experiments/get?experiment_id=0"))
        .refused(404, "ENDPOINT_NOT_FOUND", "");
  }

  @ParameterizedTest
  @Point({2, 32})
  @ValueSource(
      strings = {
        "POST 3.0/mlflow/traces",
        "GET 3.0/mlflow/traces/tr-1",
        "POST 3.0/mlflow/traces/search",
        "GET 2.0/mlflow/users/get",
        "POST 2.0/mlflow/users/create",
        "GET 3.0/mlflow/workspaces",
        "GET 3.0/mlflow/users/permissions/list",
        "POST 3.0/mlflow/roles/create",
        "GET 3.0/mlflow/datasets/search",
        "POST 3.0/mlflow/scorers/register",
        "POST 3.0/mlflow/prompt-optimization/jobs",
        "GET 3.0/mlflow/gateway/secrets/list",
        "GET 2.0/mlflow/gateway-proxy",
        "GET 2.0/mlflow/issues",
        "POST 2.0/mlflow/runs/create-promptlab-run"
      })
  void whatAModelStoreIsNotIsAnsweredInJson(String route) {
    var method = route.substring(0, route.indexOf(' '));
    for (String prefix : new String[] {"/api/", "/ajax-api/"}) {
      var path = prefix + route.substring(route.indexOf(' ') + 1);
      store
          .send(
              store
                  .request(path)
                  .header("Content-Type", "application/json")
                  .method(method, ofString("{}")))
          .refused(404, "ENDPOINT_NOT_FOUND", "There is no route " + method + " " + path);
    }
  }

  @Test
  @Point({2, 32})
  void thereIsNoGraphqlAndNoCollector() {
    for (String path : new String[] {"/graphql", "/v1/traces"}) {
      store
          .send(store.request(path).header("Content-Type", "application/json").POST(ofString("{}")))
          .refused(404, "ENDPOINT_NOT_FOUND", "There is no route POST " + path);
    }
  }

  @Test
  @Point(3)
  void asksForJson() {
    store
        .send(
            store
                .request(CREATE)
                .header("Content-Type", "text/plain")
                .POST(ofString("{\"name\":\"q\"}")))
        .refused(
            400, "INVALID_PARAMETER_VALUE", "Content-Type must be one of ['application/json']");
    store
        .send(store.request(CREATE).POST(ofString("{\"name\":\"q\"}")))
        .refused(400, "INVALID_PARAMETER_VALUE", "Content-Type must be");
    store
        .send(
            store
                .request(CREATE)
                .header("Content-Type", "application/json; charset=utf-8")
                .POST(ofString("{\"name\":\"with charset\"}")))
        .ok();
  }

  @Test
  @Point({3, 5})
  void saysWhatIsWrongWithABody() {
    store
        .post("experiments/create", "{\"name\":")
        .refused(400, "INVALID_PARAMETER_VALUE", "The body is not valid JSON");
    store
        .post("experiments/create", "[1]")
        .refused(400, "INVALID_PARAMETER_VALUE", "not an object");
    store
        .post("experiments/create", "")
        .refused(400, "INVALID_PARAMETER_VALUE", "required parameter 'name'");
    store
        .post("experiments/create", "{\"name\":1}")
        .refused(
            400,
            "INVALID_PARAMETER_VALUE",
            "Invalid value 1 for parameter 'name' supplied:  Hint: Value was of type 'int'.");
    store
        .post("experiments/create", "[".repeat(100_000))
        .refused(400, "INVALID_PARAMETER_VALUE", "The body is not valid JSON");
  }

  @Test
  @Point({5, 6})
  void takesCamelCaseAndNumbersAsText() {
    store.post("experiments/search", "{\"maxResults\":\"5\"}").ok();
  }

  @Test
  @Point(4)
  void deletingReadsTheBodyAndNotTheQuery() {
    store
        .json("DELETE", "registered-models/delete?name=x", "{}")
        .refused(400, "INVALID_PARAMETER_VALUE", "required parameter 'name'");
  }

  @Test
  @Point(4)
  void gettingReadsTheBodyWhenThereIsNoQuery() {
    var answer = store.json("GET", "experiments/get", "{\"experiment_id\":\"0\"}");
    assertThat(answer.ok().at("/experiment/name").asString()).isEqualTo("Default");
  }

  @Test
  void takesLongFiltersInTheRequestLine() {
    var filter = "name%20%3D%20'" + "x".repeat(30_000) + "'";
    assertThat(store.get("registered-models/search?filter=" + filter).ok().toString())
        .isEqualTo("{}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "experiments/get?experiment_id=%ff",
        "experiments/get?=%",
        "artifacts/list?path=%ff",
        "registered-models/search?filter=%ff"
      })
  void saysWhenAQueryCannotBeDecoded(String path) throws IOException {
    try (var socket = new Socket(store.uri().getHost(), store.uri().getPort())) {
      socket.setSoTimeout(20_000);
      var line = "GET /api/2.0/mlflow/" + path + " HTTP/1.1";
      var request = line + "\r\nHost: localhost\r\nConnection: close\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(UTF_8));
      assertThat(new String(socket.getInputStream().readAllBytes(), UTF_8))
          .startsWith("HTTP/1.1 400")
          .contains("\"INVALID_PARAMETER_VALUE\"")
          .contains("The query string '" + path.substring(path.indexOf('?') + 1) + "'");
    }
  }

  @Test
  @Point(7)
  void aForeignPageCannotWrite() {
    var search = "{\"max_results\":1}";
    store
        .send(
            store
                .request("/api/2.0/mlflow/experiments/search")
                .header("Content-Type", "application/json")
                .header("Origin", "http://evil.example")
                .POST(ofString(search)))
        .refused(403, "PERMISSION_DENIED", "Cross-origin request blocked");
    store
        .send(
            store
                .request("/api/2.0/mlflow/experiments/search")
                .header("Content-Type", "application/json")
                .header("Origin", "http://localhost:3000")
                .POST(ofString(search)))
        .ok();
  }

  @Test
  @Point(7)
  void everyAnswerKeepsBrowsersFromGuessing() {
    for (String path : new String[] {"/", "/nope", "/api/2.0/mlflow/experiments/get"}) {
      var headers = store.send(store.request(path)).response().headers();
      assertThat(headers.firstValue("x-content-type-options")).contains("nosniff");
      assertThat(headers.firstValue("x-frame-options")).contains("SAMEORIGIN");
    }
  }

  @Test
  @Point(1)
  void asksForTheTokenWhenItHasOne(@TempDir Path other) {
    try (var guarded = RunningStore.in(other, "--millrace.store-token=secret")) {
      assertThat(guarded.send(guarded.request("/health")).status()).isEqualTo(200);
      guarded
          .get("experiments/get?experiment_id=0")
          .refused(401, "UNAUTHENTICATED", "MLFLOW_TRACKING_TOKEN");
      var path = "/api/2.0/mlflow/experiments/get?experiment_id=0";
      guarded
          .send(guarded.request(path).header("Authorization", "Bearer wrong"))
          .refused(401, "UNAUTHENTICATED", "");
      guarded.send(guarded.request(path).header("Authorization", "Bearer secret")).ok();
    }
  }
}
