package dev.millrace.store.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HttpAnswerTest {
  @Test
  void readsABodyOfKnownLength() throws IOException {
    var answer = read("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nRetry-After:  7 \r\n\r\nabcdef");
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo("abc");
    assertThat(answer.header("retry-after")).contains("7");
    assertThat(answer.header("Server")).isEmpty();
  }

  @Test
  void readsChunksAndWhatEndsWithTheConnection() throws IOException {
    var chunked = "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n";
    assertThat(read(chunked + "2\r\nab\r\n1;x=y\r\nc\r\n0\r\n\r\n").body()).isEqualTo("abc");
    assertThat(read("HTTP/1.0 404\r\n\r\nno").body()).isEqualTo("no");
    assertThat(read("HTTP/1.1 204 No Content\r\n\r\nrest").body()).isEmpty();
  }

  @Test
  void skipsWhatOnlyAnnouncesTheAnswer() throws IOException {
    assertThat(read("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 503 No\r\n\r\n").status())
        .isEqualTo(503);
  }

  @Test
  void keepsTheBeginningOfALongBody() throws IOException {
    var tooLong = "x".repeat(HttpAnswer.MAX_BODY_BYTES + 1);
    assertThat(read("HTTP/1.1 200 OK\r\n\r\n" + tooLong).body()).hasSize(HttpAnswer.MAX_BODY_BYTES);
    assertThat(read("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n" + tooLong).body())
        .hasSize(HttpAnswer.MAX_BODY_BYTES);
    var chunk = Integer.toHexString(tooLong.length()) + "\r\n" + tooLong + "\r\n";
    assertThat(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk).body())
        .hasSize(HttpAnswer.MAX_BODY_BYTES);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "HTTP/1.1 200",
        "HTTP/1.1 200 OK\r\nA: b\r\n",
        "SSH-2.0-OpenSSH\r\n\r\n",
        "HTTP/2 200 OK\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      })
  void refusesWhatIsNoAnswer(String text) {
    assertThatThrownBy(() -> read(text)).isInstanceOf(IOException.class);
  }

  @Test
  void refusesAnEndlessHead() {
    assertThatThrownBy(() -> read("HTTP/1.1 200 OK\r\n" + "A: b\r\n".repeat(10_000)))
        .hasMessage("the answer's head has more than 32768 bytes");
  }

  @Test
  void bearsAnyBytes() {
    var random = new Random(7);
    var valid = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n";
    for (int round = 0; round < 5_000; round++) {
      var bytes = valid.getBytes(StandardCharsets.ISO_8859_1);
      for (int change = 0; change < 3; change++) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      try {
        assertThat(HttpAnswer.read(new ByteArrayInputStream(bytes)).status()).isBetween(200, 999);
      } catch (IOException e) {
        assertThat(e).hasMessageMatching("(?s).+");
      }
    }
  }

  private static HttpAnswer read(String text) throws IOException {
    return HttpAnswer.read(new ByteArrayInputStream(text.getBytes(StandardCharsets.ISO_8859_1)));
  }
}
