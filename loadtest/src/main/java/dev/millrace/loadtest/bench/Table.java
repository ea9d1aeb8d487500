package dev.millrace.loadtest.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A Markdown table that is also aligned for reading in a terminal. */
final class Table {
  private final List<List<String>> rows = new ArrayList<>();

  Table(String... header) {
    rows.add(List.of(header));
  }

  void row(String... cells) {
    if (cells.length != rows.getFirst().size()) {
      throw new IllegalArgumentException(
          "A row of %d cells under a header of %d."
              .formatted(cells.length, rows.getFirst().size()));
    }
    rows.add(List.of(cells));
  }

  /** A number as tables print it. */
  static String number(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }

  /** Whether a figure that should be small is small enough. */
  static String verdict(double figure, double goal) {
    return figure <= goal ? "ok" : "short";
  }

  @Override
  public String toString() {
    var text = new StringBuilder();
    for (var index = 0; index < rows.size(); index++) {
      line(text, rows.get(index));
      if (index == 0) {
        text.append(text.toString().strip().replaceAll("[^|]", "-")).append('\n');
      }
    }
    return text.toString();
  }

  private void line(StringBuilder text, List<String> cells) {
    text.append('|');
    for (var column = 0; column < cells.size(); column++) {
      text.append(' ').append(cells.get(column));
      text.append(" ".repeat(width(column) - cells.get(column).length())).append(" |");
    }
    text.append('\n');
  }

  private int width(int column) {
    return rows.stream().mapToInt(cells -> cells.get(column).length()).max().orElse(0);
  }
}
