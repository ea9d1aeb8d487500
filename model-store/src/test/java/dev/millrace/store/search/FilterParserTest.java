package dev.millrace.store.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.store.Point;
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
  @Point(17)
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          metrics.loss < 0.5          | METRIC    | loss
          metric.`a b` < 1            | METRIC    | a b
          metrics."a.b" < -1e3        | METRIC    | a.b
          `metrics`.loss < 1          | METRIC    | loss
          params.learning-rate = '1'  | PARAM     | learning-rate
          parameter.a = '1'           | PARAM     | a
          tags.mlflow.runName = '1'   | TAG       | mlflow.runName
          attributes.status = '1'     | ATTRIBUTE | status
          attr.created > 1            | ATTRIBUTE | start_time
          run.Created > 1             | ATTRIBUTE | start_time
          `Run Name` = '1'            | ATTRIBUTE | run_name
          "run name" = '1'            | ATTRIBUTE | run_name
          status='1'                  | ATTRIBUTE | status
          dataset.digest = '1'        | DATASET   | digest
          """)
  void readsSubjects(String filter, Entity entity, String key) {
    assertThat(new FilterParser(filter).parse().comparisons())
        .extracting(Comparison::subject)
        .containsExactly(new Subject(entity, key));
  }

  @Test
  @Point(17)
  void readsAllClauses() {
    var filter =
        "metrics.a>=.5 and params.b != \"it's\" AND tags.c IS NOT NULL AND run_id NOT IN ('x', 'y')";
    assertThat(new FilterParser(filter).parse().required())
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

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          a = 'it''s'   | it''s
          a = 'it\\'s'  | it\\'s
          a = 'C:\\'    | C:\\
          a = ''        |
          a = "x 'y' z" | x 'y' z
          """)
  void readsQuotesInsideATextAsMlflowDoes(String filter, String text) {
    assertThat(new FilterParser(filter).parse())
        .extracting("value")
        .isEqualTo(new Value.Text(text == null ? "" : text));
  }

  @Test
  void andBindsTighterThanOr() {
    assertThat(new FilterParser("a = '1' OR b = '1' AND c = '1' or d = '1'").parse())
        .isEqualTo(
            new Filter.Any(
                List.of(
                    clause("a"), new Filter.All(List.of(clause("b"), clause("c"))), clause("d"))));
  }

  @Test
  void notAndParenthesesBindTightest() {
    assertThat(new FilterParser("NOT a = '1' AND (b = '1' OR not (c = '1' AND d = '1'))").parse())
        .isEqualTo(
            new Filter.All(
                List.of(
                    new Filter.Not(clause("a")),
                    new Filter.Any(
                        List.of(
                            clause("b"),
                            new Filter.Not(new Filter.All(List.of(clause("c"), clause("d")))))))));
  }

  @Test
  void parenthesesThatChangeNothingLeaveNoTrace() {
    assertThat(new FilterParser("((a = '1') AND ((b = '1' AND c = '1')))").parse())
        .isEqualTo(new Filter.All(List.of(clause("a"), clause("b"), clause("c"))));
  }

  @Test
  void boundsTheDepth() {
    var deepest = "(".repeat(25) + "NOT ".repeat(25) + "a = '1'" + ")".repeat(25);
    assertThatCode(() -> new FilterParser(deepest).parse()).doesNotThrowAnyException();
    for (String deeper :
        List.of("(" + deepest + ")", "(".repeat(1_000_000), "NOT ".repeat(60_000))) {
      assertThatThrownBy(() -> new FilterParser(deeper).parse())
          .hasMessage(
              "The filter nests 51 parentheses and NOTs; the most is 50. Split the search.");
    }
  }

  @Test
  void anEmptyFilterHasNoClauses() {
    assertThat(new FilterParser("  ").parse().comparisons()).isEmpty();
  }

  @ParameterizedTest
  @Point(17)
  @ValueSource(
      strings = {
        "a",
        "a =",
        "= 1",
        "a = 1 b = 2",
        "a BETWEEN 1 AND 2",
        "a = b",
        "a IN ()",
        "a IN 'x'",
        "a NOT LIKE 'x'",
        "a IS 1",
        "a = 'x",
        "a = 1 AND",
        "a = 1 OR",
        "AND a = 1",
        "OR",
        "NOT",
        "NOT AND a = 1",
        "(a = 1",
        "a = 1)",
        "()",
        "a ~ 1",
        "'a' = 1",
        "x.y = 1",
        "Metrics.y = 1"
      })
  void refusesEverythingElse(String filter) {
    assertThatThrownBy(() -> new FilterParser(filter).parse()).isInstanceOf(StoreException.class);
  }

  @Test
  void whateverComesItParsesOrRefuses() {
    var pieces =
        new String[] {
          "metrics", ".", "a", " ", "=", "'", "\"", "`", "(", ")", "AND", " OR ", " NOT ", "IN",
          "1", "-", "%", "\n", "\\", "ö", ";"
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
  void longFiltersCostNoStack() {
    for (String piece : List.of("a.`x`", ".`x`", "'x' ", "``", "a.b.")) {
      var filter = piece.repeat(100_000);
      assertThatCode(() -> parseOrRefuse(filter)).as(piece).doesNotThrowAnyException();
    }
  }

  @Test
  void translatesPatternsAndKeepsWhatGlobWouldRead() {
    assertThat(LikePattern.asGlob("a%b_c*[?]")).isEqualTo("a*b?c[*][[][?]]");
  }

  private static Comparison clause(String attribute) {
    return new Comparison(
        new Subject(Entity.ATTRIBUTE, attribute), Operator.EQUAL, new Value.Text("1"));
  }

  private static void parseOrRefuse(String filter) {
    try {
      new FilterParser(filter).parse();
    } catch (StoreException _) {
      // A refusal is an answer.
    }
  }
}
