package dev.millrace.loadtest.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class TableTest {
  private final Table table = new Table("model", "p99");

  @Test
  void isMarkdownWithAlignedColumns() {
    table.row("a-long-name", "1.5");
    assertThat(table)
        .hasToString(
            """
            | model       | p99 |
            |-------------|-----|
            | a-long-name | 1.5 |
            """);
  }

  @Test
  void aRowThatDoesNotFitIsRefused() {
    assertThatThrownBy(() -> table.row("one")).hasMessage("A row of 1 cells under a header of 2.");
  }

  @Test
  void aGoalIsReachedAtItsFigure() {
    assertThat(Table.verdict(2, 2)).isEqualTo("ok");
    assertThat(Table.verdict(2.01, 2)).isEqualTo("short");
    assertThat(Table.verdict(Double.NaN, 2)).isEqualTo("short");
  }
}
