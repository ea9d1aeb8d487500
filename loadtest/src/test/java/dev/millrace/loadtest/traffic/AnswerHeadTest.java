package dev.millrace.loadtest.traffic;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

class AnswerHeadTest {
  @Test
  void readsStatusAndLengthInAnyCase() {
    var bytes = bytes("HTTP/1.1 200 OK\r\nx: y\r\nCONTENT-length:  12\r\n\r\n");
    assertThat(AnswerHead.read(bytes)).isEqualTo(new AnswerHead(200, 12, false));
    assertThat(bytes.readableBytes()).isZero();
  }

  @Test
  void waitsForTheEndOfTheHead() {
    var bytes = bytes("HTTP/1.1 200 OK\r\ncontent-length: 12\r\n");
    assertThat(AnswerHead.read(bytes)).isNull();
    assertThat(bytes.readerIndex()).isZero();
  }

  @Test
  void seesThatTheServerWillClose() {
    var bytes = bytes("HTTP/1.1 503 Busy\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n");
    assertThat(AnswerHead.read(bytes)).isEqualTo(new AnswerHead(503, 0, true));
  }

  @Test
  void anAnswerOtherThan200IsAFailureWithItsText() {
    assertThat(new AnswerHead(400, 15, false).failure(bytes("{\"error\":\"bad\"}")))
        .isEqualTo("HTTP 400: {\"error\":\"bad\"}");
    assertThat(new AnswerHead(200, 0, false).failure(bytes(""))).isNull();
  }

  @Test
  void aServerWithTooMuchToDoRefuses() {
    assertThat(new AnswerHead(503, 0, false).isRefusal()).isTrue();
    assertThat(new AnswerHead(504, 0, false).isRefusal()).isTrue();
    assertThat(new AnswerHead(429, 0, false).isRefusal()).isTrue();
    assertThat(new AnswerHead(500, 0, false).isRefusal()).isFalse();
    assertThat(new AnswerHead(200, 0, false).isRefusal()).isFalse();
  }

  @Test
  void anAnswerWithoutLengthIsRefused() {
    assertThatThrownBy(() -> AnswerHead.read(bytes("HTTP/1.1 200 OK\r\n\r\n")))
        .hasMessageContaining("has no Content-Length");
  }

  private static ByteBuf bytes(String text) {
    return Unpooled.copiedBuffer(text, US_ASCII);
  }
}
