package dev.millrace.store.artifact;

import static java.net.http.HttpRequest.BodyPublishers.ofInputStream;
import static java.net.http.HttpRequest.BodyPublishers.ofString;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.store.RunningStore;
import dev.millrace.store.RunningStore.Answer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What uploads may look like, and what stops them. */
class UploadIT {
  private static final String ROUTE = "/api/2.0/mlflow-artifacts/artifacts/u/";

  @TempDir private static Path home;
  private static RunningStore store;

  @BeforeAll
  static void start() {
    store = RunningStore.in(home, "--millrace.store-token=secret");
  }

  @AfterAll
  static void stop() {
    store.close();
  }

  @ParameterizedTest
  @CsvSource({
    "Content-Digest, sha-256=:uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=:",
    "Repr-Digest,    sha-256=:uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=:",
    "Content-MD5,    XrY7u+Ae7tCTyyK7j1rNww=="
  })
  void checksWhatTheClientAnnounced(String header, String value) {
    put("checked", "hello world", header, value).ok();
    put("checked", "hello worle", header, value)
        .refused(400, "INVALID_PARAMETER_VALUE", "was announced. Nothing was stored");
    assertThat(get("checked").text()).isEqualTo("hello world");
    put("never", "hello worle", header, value)
        .refused(400, "INVALID_PARAMETER_VALUE", "was announced");
    get("never").refused(404, "RESOURCE_DOES_NOT_EXIST", "No such artifact: 'u/never'");
    assertThat(home.resolve("store/uploads")).isEmptyDirectory();
  }

  @Test
  void refusesADigestThatCannotBeRead() {
    put("x", "x", "Content-Digest", "sha-256=abc")
        .refused(400, "INVALID_PARAMETER_VALUE", "as RFC 9530 has it");
  }

  @Test
  void aPartIsNotTakenForTheWhole() {
    put("whole", "all of it").ok();
    put("whole", "of", "Content-Range", "bytes 4-5/9")
        .refused(400, "INVALID_PARAMETER_VALUE", "is a part, which PUT does not take");
    assertThat(get("whole").text()).isEqualTo("all of it");
  }

  @Test
  void takesAnUploadOfUnknownLength() {
    var body = "chunk".repeat(50_000);
    var request =
        store
            .request(ROUTE + "chunked")
            .PUT(
                ofInputStream(
                    () -> new ByteArrayInputStream(body.getBytes(StandardCharsets.UTF_8))));
    assertThat(send(request).status()).isEqualTo(200);
    assertThat(get("chunked").text()).isEqualTo(body);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a b", "größe", "日本語.txt", "100%", "a+b", "a;b=c", "a&b", "a?b", "a#b", "a:b", "'q'",
        "\"q\"", "[x]", "{x}", "a,b", "~$x", "...", "a@b", "*", "<x>", "|", "^`"
      })
  void takesEveryNameThatAFileCanHave(String name) {
    var encoded = URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
    put("names/" + encoded, name).ok();
    assertThat(get("names/" + encoded).text()).isEqualTo(name);
    assertThat(home.resolve("store/artifacts/u/names").resolve(name)).hasContent(name);
  }

  @Test
  void asksForTheBodyOnlyWhenItWillTakeIt() throws IOException {
    var headers = "Content-Length: 4\r\nExpect: 100-continue\r\n";
    try (var socket = socket()) {
      send(socket, "PUT " + ROUTE + "expected", headers + "Authorization: Bearer secret\r\n");
      var input = socket.getInputStream();
      assertThat(new String(input.readNBytes(12), StandardCharsets.US_ASCII))
          .startsWith("HTTP/1.1 100");
      socket.getOutputStream().write("body".getBytes(StandardCharsets.US_ASCII));
      assertThat(new String(input.readAllBytes(), StandardCharsets.UTF_8)).contains("HTTP/1.1 200");
    }
    assertThat(get("expected").text()).isEqualTo("body");
    try (var socket = socket()) {
      send(socket, "PUT " + ROUTE + "expected", headers);
      assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
          .startsWith("HTTP/1.1 401");
    }
  }

  @Test
  void aFolderThatCannotBeWrittenIsSaidAndIsOverWithoutARestart() throws IOException {
    var uploads = home.resolve("store/uploads");
    Files.delete(uploads);
    // Works for root too, whom no mode stops.
    Files.createSymbolicLink(uploads, Path.of("/sys"));
    try {
      put("unwritable", "x").refused(503, "TEMPORARILY_UNAVAILABLE", "cannot write its artifacts");
    } finally {
      Files.delete(uploads);
      Files.createDirectory(uploads);
    }
    put("unwritable", "x").ok();
    assertThat(get("unwritable").text()).isEqualTo("x");
  }

  private static Answer put(String path, String content, String... headers) {
    var request = store.request(ROUTE + path).PUT(ofString(content));
    return send(headers.length == 0 ? request : request.headers(headers));
  }

  private static Answer get(String path) {
    return send(store.request(ROUTE + path));
  }

  private static Answer send(HttpRequest.Builder request) {
    var answer = store.send(request.header("Authorization", "Bearer secret"));
    return answer.status() == 200 && answer.text().isEmpty()
        ? new Answer(200, "{}", answer.response())
        : answer;
  }

  private static Socket socket() throws IOException {
    var socket = new Socket(store.uri().getHost(), store.uri().getPort());
    socket.setSoTimeout(20_000);
    return socket;
  }

  private static void send(Socket socket, String line, String headers) throws IOException {
    var request = line + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + headers + "\r\n";
    socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
  }
}
