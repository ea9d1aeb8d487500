package dev.millrace.store.removal;

import dev.millrace.store.failure.StoreException;
import java.time.Duration;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads how long ago something must have been deleted, as {@code mlflow gc --older-than} has it.
 */
final class Age {
  private static final String NUMBER = "(?:(\\d{1,9}(?:\\.\\d{1,9})?)%s)?";
  private static final Pattern TEXT =
      Pattern.compile(
          NUMBER.formatted("d")
              + NUMBER.formatted("h")
              + NUMBER.formatted("m")
              + NUMBER.formatted("s"));
  private static final double[] MILLIS = {86_400_000, 3_600_000, 60_000, 1_000};

  private Age() {}

  /** The age a text like {@code 30d} or {@code 2d8h5m20s} means; none for the empty text. */
  static Duration parse(String text) {
    var parts = TEXT.matcher(text);
    if (!parts.matches()) {
      throw StoreException.invalid(
          "Could not parse any time information from '%s'. Examples of valid strings: '8h', '2d8h5m20s', '2m4s'."
              .formatted(text));
    }
    var millis = 0.0;
    for (int i = 0; i < MILLIS.length; i++) {
      millis += number(parts.group(i + 1)) * MILLIS[i];
    }
    return Duration.ofMillis(Math.round(millis));
  }

  private static double number(@Nullable String digits) {
    return Double.parseDouble(Objects.requireNonNullElse(digits, "0"));
  }
}
