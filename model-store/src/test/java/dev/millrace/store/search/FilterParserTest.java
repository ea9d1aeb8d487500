package dev.millrace.store.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.store.failure.StoreException;
import dev.millrace.store.search.Comparison.Subject;
import dev.millrace.store.search.Comparison.Value;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FilterParserTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          metrics.loss < 0.5          | METRIC    | loss
          metric.`a b` < 1            | METRIC    | a b
          Metrics."a.b" < -1e3        | METRIC    | a.b
          params.learning-rate = '1'  | PARAM     | learning-rate
          tags.mlflow.runName = '1'   | TAG       | mlflow.runName
          attributes.status = '1'     | ATTRIBUTE | status
          attr.created > 1            | ATTRIBUTE | start_time
          `Run Name` = '1'            | ATTRIBUTE | run_name
          status='1'                  | ATTRIBUTE | status
          dataset.digest = '1'        | DATASET   | digest
          """)
  void readsSubjects(String filter, Entity entity, String key) {
    assertThat(new FilterParser(filter).parse())
        .extracting(Comparison::subject)
        .containsExactly(new Subject(entity, key));
  }

  @Test
  void readsAllClauses() {
    var filter =
        "metrics.a>=.5 and params.b != \"it's\" AND tags.c IS NOT NULL AND run_id NOT IN ('x', 'y')";
    assertThat(new FilterParser(filter).parse())
        .containsExactly(
            new Comparison(
                new Subject(Entity.METRIC, "a"), Operator.GREATER_OR_EQUAL, new Value.Digits(".5")),
            new Comparison(
                new Subject(Entity.PARAM, "b"), Operator.NOT_EQUAL, new Value.Text("it's")),
            new Comparison(new Subject(Entity.TAG, "c"), Operator.IS_NOT_NULL, new Value.None()),
            new Comparison(
                new Subject(Entity.ATTRIBUTE, "run_id"),
                Operator.NOT_IN,
                new Value.Texts(List.of("x", "y"))));
  }

  @Test
  void anEmptyFilterHasNoClauses() {
    assertThat(new FilterParser("  ").parse()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a = 1 OR b = 1",
        "NOT a = 1",
        "(a = 1)",
        "a",
        "a =",
        "= 1",
        "a = 1 b = 2",
        "a BETWEEN 1 AND 2",
        "a = b",
        "a IN ()",
        "a IN ('x',)",
        "a IS 1",
        "a = 'x",
        "a = 1 AND",
        "a ~ 1",
        "x.y = 1"
      })
  void refusesEverythingElse(String filter) {
    assertThatThrownBy(() -> new FilterParser(filter).parse()).isInstanceOf(StoreException.class);
  }

  @Test
  void whateverComesItParsesOrRefuses() {
    var pieces =
        new String[] {
          "metrics", ".", "a", " ", "=", "'", "\"", "`", "(", ")", "AND", "IN", "1", "-", "%", "\n",
          "ö", ";"
        };
    var random = new Random(7);
    for (int i = 0; i < 20_000; i++) {
      var filter = new StringBuilder();
      for (int n = random.nextInt(12); n > 0; n--) {
        filter.append(pieces[random.nextInt(pieces.length)]);
      }
      assertThatCode(() -> parseOrRefuse(filter.toString()))
          .as(filter.toString())
          .doesNotThrowAnyException();
    }
  }

  @Test
  void translatesPatternsAndKeepsWhatGlobWouldRead() {
    assertThat(LikePattern.asGlob("a%b_c*[?]")).isEqualTo("a*b?c[*][[][?]]");
  }

  private static void parseOrRefuse(String filter) {
    try {
      new FilterParser(filter).parse();
    } catch (StoreException _) {
      // A refusal is an answer.
    }
  }
}
