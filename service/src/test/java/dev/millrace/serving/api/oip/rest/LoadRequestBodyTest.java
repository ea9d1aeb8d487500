package dev.millrace.serving.api.oip.rest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.repository.SentModel;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LoadRequestBodyTest {
  private static final int MEGABYTE = 1 << 20;

  @Test
  void readsTheConfigurationAndTheFilesAndNothingElse() {
    var sent =
        read(
            " {\"id\":[1,{\"a\":null}],\"parameters\":{\"config\":\"{\\\"a\\\":1}\","
                + "\"file:1/model.onnx\":\"AQID\",\"file:x\":\"\"}} ");
    assertThat(sent.config()).isEqualTo("{\"a\":1}");
    assertThat(sent.files()).containsOnlyKeys("1/model.onnx", "x");
    assertThat(sent.files().get("1/model.onnx")).isEqualTo(ByteBuffer.wrap(new byte[] {1, 2, 3}));
    assertThat(LoadRequestBody.sent(new byte[0])).isEqualTo(SentModel.NOTHING);
    assertThat(read("{}")).isEqualTo(SentModel.NOTHING);
  }

  @Test
  void readsSlashesThatAreEscaped() {
    assertThat(read("{\"parameters\":{\"file:x\":\"\\/\\/\\u002f\\/\"}}").files().get("x"))
        .isEqualTo(ByteBuffer.wrap(new byte[] {-1, -1, -1}));
  }

  @ParameterizedTest
  @ValueSource(strings = {"1234", "true", "null", "{}", "[]", "\"AQ ID\"", "\"?\"", "\"A\""})
  void takesFilesFromTextsInBase64Only(String value) {
    assertThatThrownBy(() -> read("{\"parameters\":{\"file:x\":" + value + "}}"))
        .isInstanceOf(InferenceException.class)
        .hasMessage("File parameter 'file:x' must have string (Base64) type for its value.");
  }

  @Test
  void refusesWhatComesTwice() {
    assertThatThrownBy(() -> read("{\"parameters\":{\"file:x\":\"\",\"file:x\":\"\"}}"))
        .hasMessage("Load parameter 'file:x' comes twice. Send it once.");
    assertThatThrownBy(() -> read("{\"parameters\":{\"config\":\"\",\"config\":\"\"}}"))
        .hasMessage("Load parameter 'config' comes twice. Send it once.");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"parameters\":{\"file:x\":\"AQID}}",
        "{\"parameters\":{\"file:x\":\"AQID\"}",
        "{} {}",
        "{\"a\":tru}",
        " "
      })
  void refusesWhatIsNotJson(String body) {
    assertThatThrownBy(() -> read(body))
        .isInstanceOf(InferenceException.class)
        .hasMessageStartingWith("Unable to parse the request as JSON: ");
  }

  @Test
  void refusesDeepNesting() {
    assertThatThrownBy(() -> read("{\"a\":" + "[".repeat(10_000)))
        .isInstanceOf(InferenceException.class)
        .hasMessageContaining("nesting depth");
  }

  @Test
  void namesLongParametersByTheirStart() {
    assertThatThrownBy(() -> read("{\"parameters\":{\"" + "x".repeat(100_000) + "\":1}}"))
        .isInstanceOf(InferenceException.class)
        .satisfies(failure -> assertThat(failure.getMessage()).hasSizeLessThan(1_000));
  }

  @Test
  void buildsNothingOfValuesThatItDoesNotTake() {
    var body = ("{\"a\":[{}" + ",{}".repeat(2 * MEGABYTE) + "]}").getBytes(UTF_8);
    assertThat(allocatedBytes(body)).isLessThan(MEGABYTE);
  }

  @Test
  void copiesAFileOnce() {
    var file = Base64.getEncoder().encodeToString(new byte[6 * MEGABYTE]);
    var body = ("{\"parameters\":{\"file:x\":\"" + file + "\"}}").getBytes(UTF_8);
    assertThat(allocatedBytes(body)).isBetween(6L * MEGABYTE, 7L * MEGABYTE);
  }

  private static long allocatedBytes(byte[] body) {
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    read("{\"a\":[{}],\"parameters\":{\"file:x\":\"\"}}");
    long before = threads.getCurrentThreadAllocatedBytes();
    var sent = LoadRequestBody.sent(body);
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;
    assertThat(sent.config()).isNull();
    return allocated;
  }

  private static SentModel read(String body) {
    return LoadRequestBody.sent(body.getBytes(UTF_8));
  }
}
