package dev.millrace.store.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.protocol.mlflow.MlflowJson;
import dev.millrace.protocol.mlflow.Tag;
import dev.millrace.store.Point;
import java.util.function.Function;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ParametersTest {
  @Test
  @Point(6)
  void findsNamesInBothCases() {
    assertThat(of("{\"run_id\":\"a\"}").required("run_id")).isEqualTo("a");
    assertThat(of("{\"runId\":\"a\"}").required("run_id")).isEqualTo("a");
    assertThat(of("{\"runId\":null}").has("run_id")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "{\"name\":\"\"}", "{\"name\":null}"})
  @Point(5)
  void asksForWhatIsMissing(String json) {
    assertThatThrownBy(() -> of(json).required("name"))
        .hasMessageStartingWith("Missing value for required parameter 'name'.");
  }

  @ParameterizedTest
  @CsvSource({"5,5", "\"5\",5", "-7,-7", "5.0,5", "9223372036854775807,9223372036854775807"})
  @Point(5)
  void readsWholeNumbersHoweverTheyAreWritten(String json, long expected) {
    assertThat(of("{\"step\":" + json + "}").number("step", 0)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '~',
      value = {
        "5.5,float",
        "\"x\",str",
        "true,bool",
        "[],list",
        "{},dict",
        "9223372036854775808,int",
        "\"9223372036854775808\",str"
      })
  @Point({5, 16})
  void refusesWhatIsNoWholeNumber(String json, String type) {
    refused(p -> p.number("step", 0), "{\"step\":" + json + "}")
        .hasMessage(
            "Invalid value %s for parameter 'step' supplied:  Hint: Value was of type '%s'. See the API docs for more information about request parameters."
                .formatted(json, type));
  }

  @Test
  @Point(5)
  void readsDoublesThatJsonCannotCarry() {
    assertThat(of("{\"value\":\"NaN\"}").requiredDouble("value")).isNaN();
    assertThat(of("{\"value\":\"-Infinity\"}").requiredDouble("value"))
        .isEqualTo(Double.NEGATIVE_INFINITY);
    assertThat(of("{\"value\":\"2.5\"}").requiredDouble("value")).isEqualTo(2.5);
    assertThat(of("{\"value\":3}").requiredDouble("value")).isEqualTo(3.0);
    refused(p -> p.requiredDouble("value"), "{\"value\":\"x\"}")
        .hasMessageStartingWith("Invalid value \"x\"");
    refused(p -> p.requiredDouble("value"), "{\"value\":[1]}")
        .hasMessageStartingWith("Invalid value [1]");
  }

  @Test
  void readsListsAndSingleTextsAsLists() {
    assertThat(of("{\"ids\":[\"1\",2]}").texts("ids")).containsExactly("1", "2");
    assertThat(of("{\"ids\":\"1\"}").texts("ids")).containsExactly("1");
    assertThat(of("{}").texts("ids")).isEmpty();
    refused(p -> p.texts("ids"), "{\"ids\":{}}").hasMessageContaining("of type 'dict'");
  }

  @Test
  void namesThePlaceInsideAList() {
    assertThat(of("{\"tags\":[{\"key\":\"a\"}]}").tags("tags")).containsExactly(new Tag("a", ""));
    refused(p -> p.tags("tags"), "{\"tags\":[{\"key\":\"a\"},{}]}")
        .hasMessageContaining("'tags[1].key'");
    refused(p -> p.tags("tags"), "{\"tags\":[{\"key\":1}]}")
        .hasMessageContaining("for parameter 'tags[0].key'");
    refused(p -> p.tags("tags"), "{\"tags\":[7]}")
        .hasMessageContaining("Invalid value 7 for parameter 'tags[0]'");
  }

  @Test
  void readsFlags() {
    assertThat(of("{\"archive\":true}").isSet("archive")).isTrue();
    assertThat(of("{\"archive\":\"false\"}").isSet("archive")).isFalse();
    assertThat(of("{}").isSet("archive")).isFalse();
    refused(p -> p.isSet("archive"), "{\"archive\":1}").hasMessageContaining("of type 'int'");
  }

  @Test
  void boundsTheNumberOfResults() {
    assertThat(of("{}").maxResults(100, 1000)).isEqualTo(100);
    refused(p -> p.maxResults(100, 1000), "{\"max_results\":0}")
        .hasMessageEndingWith("It must be a positive integer");
    refused(p -> p.maxResults(100, 1000), "{\"max_results\":1001}")
        .hasMessageEndingWith("It must be at most 1000");
  }

  @Test
  void keepsMessagesShort() {
    refused(p -> p.number("step", 0), "{\"step\":\"" + "x".repeat(10_000) + "\"}")
        .extracting(Throwable::getMessage)
        .asString()
        .hasSizeLessThan(400);
  }

  private static Parameters of(String json) {
    return new Parameters(MlflowJson.mapper().readTree(json));
  }

  private static AbstractThrowableAssert<?, ? extends Throwable> refused(
      Function<Parameters, ?> reading, String json) {
    return assertThatThrownBy(() -> reading.apply(of(json)));
  }
}
