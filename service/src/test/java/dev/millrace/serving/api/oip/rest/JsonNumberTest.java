package dev.millrace.serving.api.oip.rest;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonNumberTest {
  @Test
  void readsEveryPrintedFloatExactly() {
    var random = new Random(1);
    for (int i = 0; i < 200_000; i++) {
      float value = Float.intBitsToFloat(random.nextInt());
      if (Float.isFinite(value)) {
        assertFloat(Float.toString(value));
        // What Python's json prints of a float32 that became a float64.
        assertFloat(Double.toString(value));
        assertFloat(new BigDecimal(value).toPlainString());
      }
    }
  }

  @Test
  void roundsToTheNearestFloatBesideTheMiddleBetweenTwo() {
    var random = new Random(2);
    for (int i = 0; i < 20_000; i++) {
      float value = Math.abs(Float.intBitsToFloat(random.nextInt()));
      if (value < Float.MAX_VALUE) {
        var middle =
            new BigDecimal(value).add(new BigDecimal(Math.nextUp(value))).divide(new BigDecimal(2));
        assertFloat(middle.toString());
        assertFloat(middle.add(middle.ulp()).toString());
        assertFloat(middle.subtract(middle.ulp()).toString());
      }
    }
  }

  @Test
  void weighsManyDigitsAgainstALongExponent() {
    var zeros = "0".repeat(10_016);
    for (var text :
        new String[] {
          "1" + zeros + "e-10016",
          "-25" + zeros + "e-10017",
          "0." + zeros + "3e10017",
          "1" + zeros + "e-99999999999999999999",
          "1e99999999999999999999"
        }) {
      assertFloat(text);
      assertDouble(text);
    }
  }

  @Test
  void readsRandomDecimalsAsTheNearestFloatAndDouble() {
    var random = new Random(3);
    for (int i = 0; i < 200_000; i++) {
      var text = randomDecimal(random);
      assertFloat(text);
      assertDouble(text);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0",
        "-0",
        "0.0",
        "-0.0e5",
        "1e400",
        "-1e400",
        "1e-400",
        "0.000000000000000000000000001",
        "123456789012345678901234567890",
        "1.7976931348623157e308",
        "3.4028235e38",
        "3.4028236e38",
        "1.4e-45",
        "7e-46",
        "9007199254740993",
        "1E+2",
        "1e00000000000000000000002",
        "0.1000000000000000055511151231257827021181583404541015625"
      })
  void readsCornersAsTheJdkDoes(String text) {
    assertFloat(text);
    assertDouble(text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"-", "01", "-01", "1.", "1.e5", ".5", "1e", "1e+", "00"})
  void refusesWhatJsonDoesNotWrite(String text) {
    if (text.charAt(0) != '.') {
      assertThat(number(text).scan(0)).as(text).isFalse();
    }
  }

  @Test
  void tellsWhichWholeNumbersFit() {
    assertThat(scanned("9223372036854775807").toLong()).isEqualTo(Long.MAX_VALUE);
    assertThat(scanned("-9223372036854775808").toLong()).isEqualTo(Long.MIN_VALUE);
    assertThat(scanned("9223372036854775808").fitsLong()).isFalse();
    assertThat(scanned("18446744073709551615").toUnsignedLong()).isEqualTo(-1);
    assertThat(scanned("18446744073709551616").fitsUnsignedLong()).isFalse();
    assertThat(scanned("-1").fitsUnsignedLong()).isFalse();
    assertThat(scanned("-0").fitsUnsignedLong()).isTrue();
    assertThat(scanned("1.0").fitsLong()).isFalse();
    assertThat(scanned("1e3").fitsLong()).isFalse();
  }

  @Test
  void stopsBehindTheNumber() {
    assertThat(scanned("12.5e3,7").end()).isEqualTo(6);
    assertThat(scanned("-7]").end()).isEqualTo(2);
  }

  private static void assertFloat(String text) {
    assertThat(Float.floatToRawIntBits(scanned(text).toFloat()))
        .as(text)
        .isEqualTo(Float.floatToRawIntBits(Float.parseFloat(text)));
  }

  private static void assertDouble(String text) {
    assertThat(Double.doubleToRawLongBits(scanned(text).toDouble()))
        .as(text)
        .isEqualTo(Double.doubleToRawLongBits(Double.parseDouble(text)));
  }

  private static String randomDecimal(Random random) {
    var text = new StringBuilder(random.nextBoolean() ? "-" : "");
    text.append(random.nextInt(random.nextBoolean() ? 10 : 1_000_000));
    if (random.nextBoolean()) {
      text.append('.');
      int digits = 1 + random.nextInt(25);
      for (int i = 0; i < digits; i++) {
        text.append(random.nextInt(10));
      }
    }
    if (random.nextInt(3) == 0) {
      text.append('e').append(random.nextInt(80) - 40);
    }
    return text.toString();
  }

  private static JsonNumber scanned(String text) {
    var number = number(text);
    assertThat(number.scan(0)).as(text).isTrue();
    return number;
  }

  private static JsonNumber number(String text) {
    var bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    return new JsonNumber(bytes, bytes.limit());
  }
}
