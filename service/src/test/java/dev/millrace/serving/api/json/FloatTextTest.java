package dev.millrace.serving.api.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FloatTextTest {
  @Test
  void printsRandomFloatsSoThatTheyReadBackAndAsShortAsTheJdk() {
    var random = new Random(1);
    for (int i = 0; i < 300_000; i++) {
      assertShortAndExact(Float.intBitsToFloat(random.nextInt()));
      assertShortAndExact(random.nextFloat());
      assertShortAndExact((float) random.nextGaussian() * 100);
      assertShortAndExact(random.nextInt(2_000_000) / 1000f);
      assertShortAndExact(random.nextInt());
    }
  }

  @Test
  void printsEveryPowerOfTwoAndTen() {
    for (int exponent = -149; exponent <= 127; exponent++) {
      assertShortAndExact(Math.scalb(1f, exponent));
      assertShortAndExact(Math.nextDown(Math.scalb(1f, exponent)));
    }
    for (int exponent = -45; exponent <= 38; exponent++) {
      float power = Float.parseFloat("1e" + exponent);
      assertShortAndExact(power);
      assertShortAndExact(Math.nextUp(power));
      assertShortAndExact(Math.nextDown(power));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0.0",
    "-0.0, -0.0",
    "1, 1.0",
    "-1.5, -1.5",
    "0.1, 0.1",
    "0.3, 0.3",
    "100, 100.0",
    "1234567, 1234567.0",
    "12345678, 1.2345678E7",
    "0.001, 0.001",
    "0.00012, 1.2E-4",
    "1e10, 1.0E10",
    "3.4028235e38, 3.4028235E38",
    "1.4e-45, 1.4E-45",
    "0.9999999, 0.9999999",
    "9999999, 9999999.0",
    "16777216, 1.6777216E7"
  })
  void printsAsFloatToString(float value, String expected) {
    assertThat(print(value)).isEqualTo(expected);
  }

  private static void assertShortAndExact(float value) {
    if (!Float.isFinite(value)) {
      return;
    }
    var text = print(value);
    var jdk = Float.toString(value);
    if (text.equals(jdk)) {
      return;
    }
    assertThat(Float.parseFloat(text)).as("%s against %s", text, jdk).isEqualTo(value);
    assertThat(text).as("against %s", jdk).hasSizeLessThanOrEqualTo(jdk.length());
  }

  private static String print(float value) {
    var target = new byte[FloatText.MAX_BYTES];
    int end = FloatText.write(value, target, 0);
    return new String(target, 0, end, StandardCharsets.US_ASCII);
  }
}
