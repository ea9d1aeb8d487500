package dev.millrace.store.search;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** How a comparison compares. */
public enum Operator {
  /** Same value. */
  EQUAL("="),
  /** Another value; what has none does not match. */
  NOT_EQUAL("!="),
  /** Larger number. */
  GREATER(">"),
  /** Larger or same number. */
  GREATER_OR_EQUAL(">="),
  /** Smaller number. */
  LESS("<"),
  /** Smaller or same number. */
  LESS_OR_EQUAL("<="),
  /** Matches a pattern with % and _, case counts. */
  LIKE("LIKE"),
  /** Matches a pattern with % and _, case does not count. */
  ILIKE("ILIKE"),
  /** One of a list. */
  IN("IN"),
  /** None of a list. */
  NOT_IN("NOT IN"),
  /** Is not there. */
  IS_NULL("IS NULL"),
  /** Is there. */
  IS_NOT_NULL("IS NOT NULL");

  static final Set<Operator> FOR_NUMBERS =
      EnumSet.of(EQUAL, NOT_EQUAL, GREATER, GREATER_OR_EQUAL, LESS, LESS_OR_EQUAL);
  static final Set<Operator> FOR_TEXT = EnumSet.of(EQUAL, NOT_EQUAL, LIKE, ILIKE);
  static final Set<Operator> FOR_PRESENCE = EnumSet.of(IS_NULL, IS_NOT_NULL);
  static final Set<Operator> FOR_LISTS = EnumSet.of(IN, NOT_IN);

  private final String symbol;

  Operator(String symbol) {
    this.symbol = symbol;
  }

  /** As a filter writes it. */
  public String symbol() {
    return symbol;
  }

  static Optional<Operator> of(String symbol) {
    var upper = symbol.toUpperCase(Locale.ROOT);
    return Arrays.stream(values()).filter(operator -> operator.symbol.equals(upper)).findFirst();
  }
}
