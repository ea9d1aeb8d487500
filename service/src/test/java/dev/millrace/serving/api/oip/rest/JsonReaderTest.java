package dev.millrace.serving.api.oip.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.serving.failure.InferenceException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonReaderTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "[]",
        " {\"a\" : [1, 2.5e3 , -0, \"x\", true,false, null, {}]}\r\n\t",
        "\"\\u00e9\\ud83d\\ude00\\n\\/\"",
        "[[[[]]],{\"a\":{}}]",
        "0",
        "\"é😀\""
      })
  void passesOverJson(String json) {
    assertThatCode(() -> skip(json)).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "{",
        "[",
        "[1,]",
        "[,1]",
        "[1 2]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{'a':1}",
        "tru",
        "nul",
        "truex",
        "[1]]",
        "{} x",
        "\"a",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\ud800\"",
        "\"\\ud800\\u0041\"",
        "\"\t\"",
        "NaN",
        "Infinity",
        "-Infinity",
        "01",
        "+1",
        "1.",
        "{\"a\":1 \"b\":2}",
        "\"\\u12g4\"",
        "\"\\"
      })
  void refusesWhatIsNotJson(String json) {
    assertThatThrownBy(() -> skip(json))
        .isInstanceOf(InferenceException.class)
        .hasMessageStartingWith("Unable to parse the request as JSON: ")
        .hasMessageContaining("(byte ");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "[1, NaN]|NaN, which JSON cannot carry: send this tensor as binary data (byte 4)",
        "[-Infinity]|-Infinity, which JSON cannot carry: send this tensor as binary data (byte 1)",
        "[1}|'}' where ',' or ']' was expected (byte 2)",
        "[1|the text ends where more was expected (byte 2)"
      })
  void saysWhatItFoundAndWhere(String json, String message) {
    assertThatThrownBy(() -> skip(json)).hasMessageEndingWith(message);
  }

  @Test
  void nestsUpToALimit() {
    assertThatCode(() -> skip("[".repeat(100) + "]".repeat(100))).doesNotThrowAnyException();
    assertThatThrownBy(() -> skip("[".repeat(101) + "]".repeat(101)))
        .hasMessageContaining("JSON nesting depth exceeds maximum allowed limit (100)");
    assertThatThrownBy(() -> skip("{\"a\":".repeat(1_000_000)))
        .hasMessageContaining("JSON nesting depth exceeds maximum allowed limit (100)");
  }

  @Test
  void decodesStrings() {
    assertThat(
            reader("\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20ac\\ud83d\\ude00é€😀\"")
                .string())
        .isEqualTo("a\"\\/\b\f\n\r\tAé€😀é€😀");
  }

  @Test
  void refusesStringsThatAreNotUtf8() {
    var bytes = new byte[] {'"', (byte) 0xc3, (byte) 0x28, '"'};
    assertThatThrownBy(() -> new JsonReader(ByteBuffer.wrap(bytes)).string())
        .hasMessageContaining("a string that is not UTF-8");
  }

  private static void skip(String json) {
    var reader = reader(json);
    reader.skipValue();
    reader.expectEnd();
  }

  private static JsonReader reader(String json) {
    return new JsonReader(ByteBuffer.wrap(json.getBytes(StandardCharsets.UTF_8)));
  }
}
