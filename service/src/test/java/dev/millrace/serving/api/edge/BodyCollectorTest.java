package dev.millrace.serving.api.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

class BodyCollectorTest {
  private final StarvedAllocator allocator = new StarvedAllocator();

  @Test
  void givesEveryChunkBackWhenMemoryRunsOut() {
    var collector = new BodyCollector(allocator);
    var first = Unpooled.buffer().writeZero(800);
    var second = Unpooled.buffer().writeZero(800);
    collector.add(first);
    assertThatThrownBy(() -> collector.add(second)).hasMessage("no memory on purpose");
    assertThat(second.refCnt()).isZero();
    collector.take().release();
    assertThat(first.refCnt()).isZero();
  }

  @Test
  void givesTheBodyBackWhenThereIsNoMemoryToCompressIt() {
    var body = Unpooled.buffer().writeZero(4_000);
    assertThatThrownBy(() -> ContentCoding.GZIP.deflate(body, allocator))
        .hasMessage("no memory on purpose");
    assertThat(body.refCnt()).isZero();
    assertThat(allocator.bytesInUse()).isZero();
  }
}
