package dev.millrace.store.search;

import dev.millrace.store.failure.StoreException;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a search knows: which attributes, which of them are numbers, which take lists, and which
 * entities with free keys.
 */
public record Vocabulary(
    Set<String> textAttributes,
    Set<String> numberAttributes,
    Set<String> listAttributes,
    Set<Entity> keyed) {
  private static final Set<String> DATASET_KEYS = Set.of("name", "digest", "context");

  /** Copies the sets. */
  public Vocabulary {
    textAttributes = Set.copyOf(textAttributes);
    numberAttributes = Set.copyOf(numberAttributes);
    listAttributes = Set.copyOf(listAttributes);
    keyed = Set.copyOf(keyed);
  }

  /** The clauses of a filter, which are valid here. */
  public List<Comparison> parse(String filter) {
    var comparisons = new FilterParser(filter).parse();
    SearchLimits.checkFilter(comparisons);
    comparisons.forEach(this::check);
    return comparisons;
  }

  /** Refuses a subject that is not known here. */
  void check(Comparison.Subject subject) {
    var entity = subject.entity();
    if (entity != Entity.ATTRIBUTE && !keyed.contains(entity)) {
      throw StoreException.invalid(
          "Invalid entity type '%s'. Valid values here are attribute and %s"
              .formatted(entity.name().toLowerCase(Locale.ROOT), keyed));
    }
    var known = entity == Entity.DATASET ? DATASET_KEYS : attributes();
    if ((entity == Entity.ATTRIBUTE || entity == Entity.DATASET)
        && !known.contains(subject.key())) {
      throw StoreException.invalid(
          "Invalid %s key '%s' specified. Valid keys are '%s'"
              .formatted(entity.name().toLowerCase(Locale.ROOT), subject.key(), known));
    }
  }

  private Set<String> attributes() {
    var all = new TreeSet<>(textAttributes);
    all.addAll(numberAttributes);
    return all;
  }

  private void check(Comparison comparison) {
    check(comparison.subject());
    var allowed = operators(comparison.subject());
    if (!allowed.contains(comparison.operator())) {
      throw StoreException.invalid(
          "Invalid comparator '%s' for '%s', not one of '%s'"
              .formatted(
                  comparison.operator().symbol(),
                  comparison.subject().key(),
                  allowed.stream().map(Operator::symbol).sorted().toList()));
    }
    checkValue(comparison);
  }

  private void checkValue(Comparison comparison) {
    var key = comparison.subject().key();
    switch (comparison.value()) {
      case Comparison.Value.Text(var text) when isNumber(comparison.subject()) ->
          throw StoreException.invalid(
              "Expected numeric value type for %s. Found '%s'".formatted(key, text));
      case Comparison.Value.Digits(var digits) when !isNumber(comparison.subject()) ->
          throw StoreException.invalid(
              "Expected a quoted string value for %s (e.g. 'my-value'). Got value %s"
                  .formatted(key, digits));
      case Comparison.Value.Text _,
          Comparison.Value.Digits _,
          Comparison.Value.Texts _,
          Comparison.Value.None _ -> {}
    }
  }

  boolean isNumber(Comparison.Subject subject) {
    return subject.entity() == Entity.METRIC
        || (subject.entity() == Entity.ATTRIBUTE && numberAttributes.contains(subject.key()));
  }

  private Set<Operator> operators(Comparison.Subject subject) {
    if (isNumber(subject)) {
      return Operator.FOR_NUMBERS;
    }
    var allowed = new HashSet<>(Operator.FOR_TEXT);
    var takesLists = subject.entity() == Entity.DATASET || listAttributes.contains(subject.key());
    if (subject.entity() == Entity.TAG || subject.entity() == Entity.PARAM) {
      allowed.addAll(Operator.FOR_PRESENCE);
    } else if (takesLists) {
      allowed.addAll(Operator.FOR_LISTS);
    }
    return allowed;
  }
}
