package dev.millrace.store.artifact;

import static java.net.http.HttpRequest.BodyPublishers.noBody;
import static java.net.http.HttpRequest.BodyPublishers.ofString;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.store.RunningStore;
import dev.millrace.store.RunningStore.Answer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Conditions, ranges and headers of downloads. */
class DownloadIT {
  private static final String FILE = "/api/2.0/mlflow-artifacts/artifacts/d/hello.html";
  private static final String CONTENT = "hello world";

  @TempDir private static Path home;
  private static RunningStore store;

  @BeforeAll
  static void start() {
    store = RunningStore.in(home);
    assertThat(store.send(store.request(FILE).PUT(ofString(CONTENT))).status()).isEqualTo(200);
  }

  @AfterAll
  static void stop() {
    store.close();
  }

  @Test
  void headSaysWhatGetWouldSend() {
    var get = get();
    var head = store.send(store.request(FILE).method("HEAD", noBody()));
    assertThat(head.status()).isEqualTo(200);
    assertThat(head.text()).isEmpty();
    for (String name :
        new String[] {"content-length", "content-type", "etag", "last-modified", "repr-digest"}) {
      assertThat(header(head, name)).as(name).isNotEmpty().isEqualTo(header(get, name));
    }
    assertThat(header(head, "content-length")).isEqualTo("11");
    assertThat(store.send(store.request(FILE + "x").method("HEAD", noBody())).status())
        .isEqualTo(404);
  }

  @Test
  void tellsTheDigestOfTheWholeFileEvenWithAPart() {
    var digest = "sha-256=:uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=:";
    assertThat(header(get(), "repr-digest")).isEqualTo(digest);
    assertThat(header(get("Range", "bytes=0-1"), "repr-digest")).isEqualTo(digest);
  }

  @Test
  void aFileFromBeforeThereWereDigestsIsServedWithoutOne() throws Exception {
    Files.writeString(
        Files.createDirectories(home.resolve("store/artifacts/d")).resolve("old"), "o");
    var answer = store.send(store.request("/api/2.0/mlflow-artifacts/artifacts/d/old"));
    assertThat(answer.text()).isEqualTo("o");
    assertThat(header(answer, "repr-digest")).isEmpty();
  }

  @Test
  void aPageDoesNotRunInTheStoresName() {
    var answer = get();
    assertThat(header(answer, "content-type")).isEqualTo("text/html");
    assertThat(header(answer, "content-disposition")).startsWith("attachment;");
    assertThat(header(answer, "x-content-type-options")).isEqualTo("nosniff");
    assertThat(header(answer, "content-security-policy")).isEqualTo("sandbox; default-src 'none'");
  }

  @ParameterizedTest
  @CsvSource({
    "bytes=2-4,   llo,         bytes 2-4/11",
    "bytes=6-,    world,       bytes 6-10/11",
    "bytes=-5,    world,       bytes 6-10/11",
    "bytes=-99,   hello world, bytes 0-10/11",
    "bytes=10-99, d,           bytes 10-10/11",
    "'bytes=99-,0-0', h,       bytes 0-0/11"
  })
  void sendsOneRange(String range, String content, String contentRange) {
    var answer = get("Range", range);
    assertThat(answer.status()).isEqualTo(206);
    assertThat(answer.text()).isEqualTo(content);
    assertThat(header(answer, "content-range")).isEqualTo(contentRange);
    assertThat(header(answer, "content-length")).isEqualTo(String.valueOf(content.length()));
  }

  @Test
  void sendsSeveralRanges() {
    var answer = get("Range", "bytes=0-1, 4-4,-2");
    assertThat(answer.status()).isEqualTo(206);
    var boundary = header(answer, "content-type").replace("multipart/byteranges; boundary=", "");
    assertThat(answer.text())
        .isEqualTo(
            """

            --B
            Content-Type: text/html
            Content-Range: bytes 0-1/11

            he
            --B
            Content-Type: text/html
            Content-Range: bytes 4-4/11

            o
            --B
            Content-Type: text/html
            Content-Range: bytes 9-10/11

            ld
            --B--
            """
                .replace("\n", "\r\n")
                .replace("--B", "--" + boundary));
    assertThat(header(answer, "content-length")).isEqualTo(String.valueOf(answer.text().length()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"bytes=11-", "bytes=20-30", "bytes=-0", "bytes=11-12,99-"})
  void refusesRangesBeyondTheEnd(String range) {
    var answer = get("Range", range);
    assertThat(answer.status()).isEqualTo(416);
    assertThat(header(answer, "content-range")).isEqualTo("bytes */11");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "lines=1-2",
        "bytes=",
        "bytes=b-a",
        "bytes=4-2",
        "bytes=0-10,0-10",
        "bytes=1-2,bytes=3-4"
      })
  void sendsTheWholeForRangesThatMeanNothingOrMore(String range) {
    assertThat(get("Range", range).status()).isEqualTo(200);
    assertThat(get("Range", range).text()).isEqualTo(CONTENT);
  }

  @Test
  void sendsTheRestOnlyOfTheSameFile() {
    var tag = header(get(), "etag");
    var date = header(get(), "last-modified");
    assertThat(get("Range", "bytes=6-", "If-Range", tag).text()).isEqualTo("world");
    assertThat(get("Range", "bytes=6-", "If-Range", date).text()).isEqualTo("world");
    assertThat(get("Range", "bytes=6-", "If-Range", "\"other\"").text()).isEqualTo(CONTENT);
    assertThat(get("Range", "bytes=6-", "If-Range", "Thu, 01 Jan 1970 00:00:00 GMT").text())
        .isEqualTo(CONTENT);
  }

  @Test
  void sendsNothingTwice() {
    var tag = header(get(), "etag");
    assertThat(get("If-None-Match", tag).status()).isEqualTo(304);
    assertThat(get("If-None-Match", "\"other\", " + tag).status()).isEqualTo(304);
    assertThat(get("If-None-Match", "*").status()).isEqualTo(304);
    assertThat(get("If-None-Match", "\"other\"").text()).isEqualTo(CONTENT);
    assertThat(get("If-Modified-Since", header(get(), "last-modified")).status()).isEqualTo(304);
    assertThat(get("If-Modified-Since", "Thu, 01 Jan 1970 00:00:00 GMT").text()).isEqualTo(CONTENT);
    assertThat(get("If-Match", "\"other\"").status()).isEqualTo(412);
    assertThat(get("If-Match", tag).text()).isEqualTo(CONTENT);
    assertThat(get("If-Unmodified-Since", "Thu, 01 Jan 1970 00:00:00 GMT").status()).isEqualTo(412);
  }

  @Test
  void anEmptyFileHasNoRange() {
    var path = "/api/2.0/mlflow-artifacts/artifacts/d/empty";
    store.send(store.request(path).PUT(noBody()));
    var answer = store.send(store.request(path));
    assertThat(answer.status()).isEqualTo(200);
    assertThat(header(answer, "content-length")).isEqualTo("0");
    assertThat(store.send(store.request(path).header("Range", "bytes=0-")).status()).isEqualTo(416);
  }

  private static Answer get(String... headers) {
    var request = store.request(FILE);
    return store.send(headers.length == 0 ? request : request.headers(headers));
  }

  private static String header(Answer answer, String name) {
    return answer.response().headers().firstValue(name).orElse("");
  }
}
