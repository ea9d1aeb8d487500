package dev.millrace.serving.api.oip.rest;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FloatRunTest {
  private static final int CAPACITY = 200_000;

  private final Random random = new Random(11);

  @Test
  void readsPrintedFloatsAndDoublesAsTheJdkDoes() {
    var texts = new ArrayList<String>();
    while (texts.size() < 100_000) {
      float value = Float.intBitsToFloat(random.nextInt());
      if (Float.isFinite(value) && Math.abs(value) < 1e18 && Math.abs(value) > 1e-18) {
        texts.add(new BigDecimal(Float.toString(value)).toPlainString());
        texts.add(new BigDecimal(Double.toString(value)).toPlainString());
      }
    }
    assertReadAsTheJdkDoes(texts);
  }

  @Test
  void readsDecimalsOfEveryLengthAsTheJdkDoes() {
    var texts = new ArrayList<String>();
    for (int i = 0; i < 200_000; i++) {
      texts.add(decimal(random.nextInt(12), random.nextInt(22)));
    }
    assertReadAsTheJdkDoes(texts);
  }

  @Test
  void roundsToTheNearestBesideTheMiddleBetweenTwoFloats() {
    var texts = new ArrayList<String>();
    for (int i = 0; i < 50_000; i++) {
      float value = 1 + random.nextInt(1 << 20) + random.nextFloat();
      var middle =
          new BigDecimal(value).add(new BigDecimal(Math.nextUp(value))).divide(new BigDecimal(2));
      texts.add(middle.toPlainString());
      texts.add(middle.add(middle.ulp()).toPlainString());
      texts.add(middle.subtract(middle.ulp()).toPlainString());
    }
    assertReadAsTheJdkDoes(texts);
  }

  @Test
  void passesOverSpaceAfterCommas() {
    assertThat(run("1, 2.5,\n\t -3 , 4,5", 10)).containsExactly(1f, 2.5f);
    assertThat(run("1, 2.5,\n\t -3, 4,5", 10)).containsExactly(1f, 2.5f, -3f, 4f);
  }

  @Test
  void readsNoMoreThanAskedFor() {
    assertThat(run("1,2,3,4", 2)).containsExactly(1f, 2f);
  }

  @Test
  void keepsTheSignOfZero() {
    assertThat(run("-0,0,-0.00,1", 9)).containsExactly(-0f, 0f, -0f);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1",
        "1]",
        "01,",
        "-,",
        "-a,",
        "1.,",
        ".5,",
        "+1,",
        "1e3,",
        "1.5E-3,",
        "1..2,",
        "1.2.3,",
        "NaN,",
        "-Infinity,",
        "true,",
        "\"1\",",
        "[1],",
        "1 ,",
        "1234567890123456789,",
        "0.1234567890123456789,",
        "16777216.9999999999,x1",
        "--1,",
        "1-,",
        "0x10,",
        ""
      })
  void leavesWhatIsNotAPlainDecimalWithACommaBehind(String text) {
    var read = run("7," + text, 9);
    assertThat(read.getFirst()).isEqualTo(7f);
    if (read.size() > 1) {
      assertThat(read.get(1)).isEqualTo(Float.parseFloat(text.substring(0, text.indexOf(','))));
    }
  }

  private String decimal(int wholeDigits, int fractionDigits) {
    var text = new StringBuilder(random.nextInt(3) == 0 ? "-" : "");
    text.append(wholeDigits == 0 ? "0" : Integer.toString(1 + random.nextInt(9)));
    for (int i = 1; i < wholeDigits; i++) {
      text.append(random.nextInt(10));
    }
    for (int i = 0; i < fractionDigits; i++) {
      text.append(i == 0 ? "." : "").append(random.nextInt(4) == 0 ? 0 : random.nextInt(10));
    }
    return text.toString();
  }

  /** Numbers that the run leaves are read one by one in between, as the reader does. */
  private static void assertReadAsTheJdkDoes(List<String> texts) {
    var bytes = (String.join(",", texts) + ",").getBytes(StandardCharsets.US_ASCII);
    var json = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    var target = ByteBuffer.allocate(texts.size() * 4).order(ByteOrder.LITTLE_ENDIAN);
    var run = new FloatRun(json, 0, bytes.length);
    int position = 0;
    int left = 0;
    for (int i = 0; i < texts.size(); ) {
      int read = run.read(position, target, i, texts.size() - i);
      for (int end = i + read; i < end; i++) {
        assertThat(Float.floatToRawIntBits(target.getFloat(i * 4)))
            .as(texts.get(i))
            .isEqualTo(Float.floatToRawIntBits(Float.parseFloat(texts.get(i))));
      }
      position = run.position();
      if (i < texts.size()) {
        position += texts.get(i++).length() + 1;
        left++;
      }
    }
    assertThat(left).isLessThan(texts.size() / 2);
  }

  private static List<Float> run(String text, int most) {
    var bytes = text.getBytes(StandardCharsets.US_ASCII);
    var json = ByteBuffer.allocateDirect(bytes.length + 2).put(2, bytes);
    var target = ByteBuffer.allocate(CAPACITY).order(ByteOrder.LITTLE_ENDIAN);
    int read = new FloatRun(json, 2, bytes.length + 2).read(2, target, 0, most);
    var values = new ArrayList<Float>();
    for (int i = 0; i < read; i++) {
      values.add(target.getFloat(i * 4));
    }
    return values;
  }
}
