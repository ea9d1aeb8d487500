package dev.millrace.serving.api.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import org.junit.jupiter.api.Test;

class BodyCollectorTest {
  private static final int LIMIT_BYTES = 1_000_000;

  private int foretoldBytes;
  private final StarvedAllocator allocator = new StarvedAllocator();

  @Test
  void givesEveryChunkBackWhenMemoryRunsOut() {
    var collector = new BodyCollector(allocator, 1_600, 1_600);
    var first = Unpooled.buffer().writeZero(800);
    var second = Unpooled.buffer().writeZero(800);
    collector.add(first);
    assertThatThrownBy(() -> collector.add(second)).hasMessage("no memory on purpose");
    assertThat(second.refCnt()).isZero();
    collector.take().release();
    assertThat(first.refCnt()).isZero();
  }

  @Test
  void takesTheAnnouncedMemoryOnceAnEighthIsThere() {
    var collector = collected(1_000_000, 60_000, 60_000);
    assertThat(collector.take().capacity()).isLessThan(300_000);
    collector = collected(1_000_000, 60_000, 65_000);
    assertThat(foretoldBytes).isEqualTo(1_000_000);
    assertThat(collector.take().capacity()).isEqualTo(1_000_000);
  }

  @Test
  void growsWithABodyOfUnknownLengthAndWithOneThatIsLongerThanAnnounced() {
    for (long announced : new long[] {0, 150}) {
      var chunks = new int[] {100, 100, 1, 400, 1_000, 7};
      var body = collected(announced, chunks).take();
      assertThat(body.readableBytes()).isEqualTo(1_608);
      assertThat(body.capacity()).isEqualTo(foretoldBytes);
      for (int i = 0; i < body.readableBytes(); i++) {
        assertThat(body.getByte(i)).isEqualTo((byte) i);
      }
      body.release();
    }
  }

  @Test
  void takesNoMoreThanTheLimitForABodyOfUnknownLength() {
    assertThat(collected(0, 400_000, 200_000).take().capacity()).isEqualTo(LIMIT_BYTES);
    assertThat(foretoldBytes).isEqualTo(LIMIT_BYTES);
  }

  private BodyCollector collected(long announcedBytes, int... chunks) {
    var collector =
        new BodyCollector(UnpooledByteBufAllocator.DEFAULT, announcedBytes, LIMIT_BYTES);
    int at = 0;
    for (int length : chunks) {
      var chunk = Unpooled.buffer();
      for (int i = 0; i < length; i++) {
        chunk.writeByte(at++);
      }
      foretoldBytes = collector.bytesWith(chunk);
      collector.add(chunk);
    }
    return collector;
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
