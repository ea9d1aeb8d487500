package dev.millrace.serving.api.edge;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.serving.failure.InferenceException;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

class ContentCodingTest {
  @Test
  void saysOfAnEmptyBodyThatItIsNotGzip() {
    assertThatThrownBy(
            () -> ContentCoding.GZIP.inflate(Unpooled.EMPTY_BUFFER, 100, ByteBufAllocator.DEFAULT))
        .isInstanceOf(InferenceException.class)
        .hasMessage(
            "The body is not gzip, although its Content-Encoding says so: it is empty or cut off");
  }
}
