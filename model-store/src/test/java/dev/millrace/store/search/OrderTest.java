package dev.millrace.store.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.store.search.Comparison.Subject;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OrderTest {
  private static final Vocabulary VOCABULARY =
      new Vocabulary(
          Set.of("name"), Set.of("start_time"), Set.of(), Set.of(Entity.METRIC, Entity.DATASET));

  @ParameterizedTest
  @CsvSource({
    "name, ATTRIBUTE, name, ASC",
    "name DESC, ATTRIBUTE, name, DESC",
    "  start_time   asc , ATTRIBUTE, start_time, ASC",
    "metrics.loss desc, METRIC, loss, DESC",
    "metrics.`a b` DESC, METRIC, a b, DESC",
    "metrics.\"a b\", METRIC, a b, ASC"
  })
  void readsClauses(String clause, Entity entity, String key, Order.Direction direction) {
    assertThat(Order.parse(List.of(clause), VOCABULARY))
        .containsExactly(new Order(new Subject(entity, key), direction));
  }

  @ParameterizedTest
  @CsvSource({
    "'', Could not be parsed.",
    "'  ', Could not be parsed.",
    "name FOO, Invalid ordering key in order_by clause",
    "name DESC DESC, Could not be parsed.",
    "metrics.loss; DROP TABLE runs, Could not be parsed."
  })
  void refusesWhatIsNoClause(String clause, String why) {
    assertThatThrownBy(() -> Order.parse(List.of(clause), VOCABULARY))
        .hasMessageContaining(why)
        .hasMessageContaining("order_by clause '" + clause + "'");
  }

  @Test
  void refusesWhatTheSearchDoesNotKnow() {
    assertThatThrownBy(() -> Order.parse(List.of("bogus"), VOCABULARY))
        .hasMessage("Invalid attribute key 'bogus' specified. Valid keys are '[name, start_time]'");
    assertThatThrownBy(() -> Order.parse(List.of("tags.x"), VOCABULARY))
        .hasMessageStartingWith("Invalid entity type 'tag'");
    assertThatThrownBy(() -> Order.parse(List.of("dataset.name"), VOCABULARY))
        .hasMessage("Invalid identifier type 'dataset'");
  }
}
