package dev.millrace.serving.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ByteStringsTest {
  @Test
  void skipsElementsAndShowsThem() {
    var data = buffer(20).putInt(2).put((byte) 'a').put((byte) 'b').putInt(0).putInt(1);
    data.put((byte) 'c').flip();
    int third = ByteStrings.skip(data, 0, 2);
    assertThat(third).isEqualTo(10);
    assertThat(StandardCharsets.UTF_8.decode(ByteStrings.element(data, third)).toString())
        .isEqualTo("c");
    assertThat(ByteStrings.skip(data, 0, 3)).isEqualTo(data.limit());
  }

  @Test
  void refusesALengthThatReachesPastTheData() {
    for (int length : new int[] {5, -1, Integer.MAX_VALUE}) {
      var data = buffer(8).putInt(0, length);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> ByteStrings.skip(data, 0, 1))
          .withMessage(
              "The BYTES element at byte 0 is longer than the data; expected a 4-byte length and"
                  + " its bytes");
    }
  }

  @Test
  void refusesALengthThatIsCutOff() {
    assertThatIllegalArgumentException().isThrownBy(() -> ByteStrings.skip(buffer(3), 0, 1));
  }

  @Test
  void countsElementsUpToOneThatIsBroken() {
    var data = buffer(13).putInt(1).put((byte) 'a').putInt(0).putInt(1).flip();
    assertThat(ByteStrings.count(data, 0)).isEqualTo(new ByteStrings.Found(2, 9));
    assertThat(ByteStrings.count(data, 5)).isEqualTo(new ByteStrings.Found(1, 9));
    data.limit(9);
    assertThat(ByteStrings.count(data, 0))
        .isEqualTo(new ByteStrings.Found(2, ByteStrings.Found.WHOLE));
    assertThat(ByteStrings.count(buffer(0), 0).count()).isZero();
    assertThat(ByteStrings.count(buffer(4).putInt(0, -1), 0).isBroken()).isTrue();
    assertThat(ByteStrings.count(buffer(3), 0).isBroken()).isTrue();
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
