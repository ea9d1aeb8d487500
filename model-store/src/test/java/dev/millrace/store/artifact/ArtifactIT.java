package dev.millrace.store.artifact;

import static java.net.http.HttpRequest.BodyPublishers.ofString;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.store.Point;
import dev.millrace.store.RunningStore;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ArtifactIT {
  private static final String ROUTE = "/api/2.0/mlflow-artifacts/artifacts";

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
  void givesBackWhatItTookWithNameTypeAndTag() {
    put("/0/r/artifacts/a%20b.json", "{\"a\":1}");
    var answer = get("/0/r/artifacts/a%20b.json");
    assertThat(answer.text()).isEqualTo("{\"a\":1}");
    var headers = answer.response().headers();
    assertThat(headers.firstValue("content-disposition"))
        .get()
        .asString()
        .startsWith("attachment;");
    assertThat(headers.firstValue("content-type")).contains("application/json");
    assertThat(headers.firstValue("x-content-type-options")).contains("nosniff");
    assertThat(headers.firstValue("last-modified")).isPresent();
    var tag = headers.firstValue("etag").orElseThrow();
    var again =
        store.send(store.request(ROUTE + "/0/r/artifacts/a%20b.json").header("If-None-Match", tag));
    assertThat(again.status()).isEqualTo(304);
  }

  @Test
  void replacesAFileAndChangesItsTag() {
    put("/x/file", "one");
    var before = get("/x/file").response().headers().firstValue("etag");
    put("/x/file", "two!");
    assertThat(get("/x/file").text()).isEqualTo("two!");
    assertThat(get("/x/file").response().headers().firstValue("etag")).isNotEqualTo(before);
  }

  @Test
  @Point(30)
  void answersARange() {
    put("/x/range", "hello world");
    var part = store.send(store.request(ROUTE + "/x/range").header("Range", "bytes=2-4"));
    assertThat(part.status()).isEqualTo(206);
    assertThat(part.text()).isEqualTo("llo");
    assertThat(part.response().headers().firstValue("content-range")).contains("bytes 2-4/11");
    var beyond = store.send(store.request(ROUTE + "/x/range").header("Range", "bytes=20-30"));
    assertThat(beyond.status()).isEqualTo(416);
  }

  @Test
  @Point(28)
  void listsNamesAndSizes() {
    put("/list/a.txt", "12345");
    put("/list/in/b.txt", "1");
    assertThat(store.send(store.request(ROUTE + "?path=list")).ok().toString())
        .isEqualTo(
            "{\"files\":[{\"path\":\"a.txt\",\"is_dir\":false,\"file_size\":5},{\"path\":\"in\",\"is_dir\":true}]}");
    assertThat(store.send(store.request(ROUTE + "?path=nothing")).ok().toString()).isEqualTo("{}");
  }

  @Test
  @Point(28)
  void deletesFilesAndFoldersAndMissesNothing() {
    put("/gone/a", "1");
    put("/gone/in/b", "1");
    assertThat(delete("/gone/a").ok().toString()).isEqualTo("{}");
    delete("/gone/a").ok();
    delete("/gone").ok();
    get("/gone/in/b").refused(404, "RESOURCE_DOES_NOT_EXIST", "No such artifact: 'gone/in/b'");
  }

  @Test
  void saysWhatIsAFolderAndWhatIsAFile() {
    put("/kind/file", "1");
    get("/kind")
        .refused(400, "INVALID_PARAMETER_VALUE", "refers to a directory, not a file: 'kind'");
    store
        .send(store.request(ROUTE + "/kind").PUT(ofString("x")))
        .refused(400, "INVALID_PARAMETER_VALUE", "refers to a directory");
    store
        .send(store.request(ROUTE + "/kind/file/below").PUT(ofString("x")))
        .refused(400, "INVALID_PARAMETER_VALUE", "leads through 'kind/file', which is a file");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/../../x",
        "/a/../../b",
        "/..%2f..%2fx",
        "/%2e%2e/x",
        "/%252e%252e/x",
        "/%252e%252e%252fx",
        "//etc/passwd",
        "/%2fetc/passwd",
        "/C:%5Cx",
        "/..%5Cx",
        "/a%00b",
        "/../../../../../../../x"
      })
  @Point(29)
  void refusesEveryWayOutOfTheFolder(String path) throws IOException {
    for (String method : new String[] {"GET", "PUT", "DELETE"}) {
      assertThat(raw(method + " " + ROUTE + path))
          .startsWith("HTTP/1.1 400")
          .contains("\"error_code\"", "nvalid path");
    }
    assertThat(home.resolve("x")).doesNotExist();
    assertThat(home.resolveSibling("x")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/api/2.0/mlflow%2Dartifacts/artifacts/kept/file",
        "/api/2.0/mlflow%2Dartifacts/artifacts/x/mlflow-artifacts/artifacts/kept/file",
        "/%61pi/2.0/mlflow-artifacts/artifacts/kept/file"
      })
  void aRouteWrittenInAnotherWayActsOnNoFile(String path) throws IOException {
    put("/kept/file", "kept");
    for (String method : new String[] {"GET", "PUT", "DELETE"}) {
      assertThat(raw(method + " " + path)).startsWith("HTTP/1.1 404");
    }
    assertThat(get("/kept/file").text()).isEqualTo("kept");
  }

  @ParameterizedTest
  @ValueSource(strings = {"../..", "/etc", "%2e%2e", "%252e%252e", "C:%5C", "a%5C..%5Cb"})
  @Point(29)
  void refusesEveryWayOutInAListing(String path) {
    store
        .send(store.request(ROUTE + "?path=" + path))
        .refused(400, "INVALID_PARAMETER_VALUE", "Invalid path");
  }

  @Test
  void refusesALinkThatLeadsOut() throws IOException {
    put("/links/file", "1");
    Files.writeString(home.resolve("secret"), "secret");
    Files.createSymbolicLink(home.resolve("store/artifacts/links/out"), home.toAbsolutePath());
    get("/links/out/secret").refused(400, "INVALID_PARAMETER_VALUE", "Invalid path");
    store
        .send(store.request(ROUTE + "/links/out/new").PUT(ofString("x")))
        .refused(400, "INVALID_PARAMETER_VALUE", "Invalid path");
  }

  @Test
  void anUploadThatBreaksOffLeavesNothing() throws IOException {
    var answer = raw("PUT " + ROUTE + "/broken/file", "Content-Length: 100\r\n", "only this");
    assertThat(answer).doesNotContain("HTTP/1.1 200");
    assertThat(home.resolve("store/artifacts/broken/file")).doesNotExist();
    assertThat(home.resolve("store/uploads")).isEmptyDirectory();
  }

  @Test
  @Point(28)
  void listsTheFilesOfARunFromItsRoot() {
    var run = store.run("0");
    put("/0/" + run + "/artifacts/model/a.txt", "12");
    var listing = store.get("artifacts/list?path=model&run_id=" + run).ok();
    assertThat(listing.toString())
        .isEqualTo(
            """
            {"root_uri":"mlflow-artifacts:/0/%s/artifacts",\
            "files":[{"path":"model/a.txt","is_dir":false,"file_size":2}]}"""
                .formatted(run));
    store
        .get("artifacts/list?path=../..&run_id=" + run)
        .refused(400, "INVALID_PARAMETER_VALUE", "Invalid path");
  }

  private static void put(String path, String content) {
    var answer = store.send(store.request(ROUTE + path).PUT(ofString(content)));
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
  }

  @Test
  void saysInMlflowsFormThatAnUploadBrokeOff() throws IOException {
    assertThat(raw("PUT " + ROUTE + "/broken.bin", "Content-Length: 10\r\n", "x"))
        .startsWith("HTTP/1.1 400")
        .contains("\"error_code\":\"INVALID_PARAMETER_VALUE\"")
        .contains("The request broke off before its end.");
  }

  private static RunningStore.Answer get(String path) {
    return store.send(store.request(ROUTE + path));
  }

  private static RunningStore.Answer delete(String path) {
    return store.send(store.request(ROUTE + path).DELETE());
  }

  private static String raw(String line) throws IOException {
    return raw(line, "Content-Length: 1\r\n", "x");
  }

  /** A request line as it stands, which a client library would tidy up. */
  private static String raw(String line, String header, String body) throws IOException {
    try (var socket = new Socket(store.uri().getHost(), store.uri().getPort())) {
      socket.setSoTimeout(20_000);
      var request =
          line + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + header + "\r\n" + body;
      socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
      socket.shutdownOutput();
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
