package dev.millrace.store.search;

import dev.millrace.store.failure.StoreException;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;

/**
 * What a search knows: which attributes, which of them are numbers, which take lists, and which
 * entities with free keys, and which of those take lists.
 */
public record Vocabulary(
    Set<String> textAttributes,
    Set<String> numberAttributes,
    Set<String> listAttributes,
    Set<Entity> keyed,
    Set<Entity> listed) {
  private static final Set<String> DATASET_KEYS = Set.of("name", "digest", "context");

  /** Copies the sets. */
  public Vocabulary {
    textAttributes = Set.copyOf(textAttributes);
    numberAttributes = Set.copyOf(numberAttributes);
    listAttributes = Set.copyOf(listAttributes);
    keyed = Set.copyOf(keyed);
    listed = Set.copyOf(listed);
  }

  /** A vocabulary whose entities with free keys take no lists. */
  public Vocabulary(
      Set<String> textAttributes,
      Set<String> numberAttributes,
      Set<String> listAttributes,
      Set<Entity> keyed) {
    this(textAttributes, numberAttributes, listAttributes, keyed, Set.of(Entity.DATASET));
  }

  /** What a filter asks, which is valid here. */
  public Filter parse(String filter) {
    return parse(filter, UnaryOperator.identity());
  }

  /** What a filter asks, with its comparisons read in another way first. */
  public Filter parse(String filter, UnaryOperator<Comparison> reading) {
    var parsed = new FilterParser(filter).parse().map(reading);
    SearchLimits.checkFilter(parsed);
    parsed.comparisons().forEach(this::check);
    return parsed;
  }

  /** Refuses a subject that is not known here. */
  void check(Comparison.Subject subject) {
    var entity = subject.entity();
    if (entity != Entity.ATTRIBUTE && !keyed.contains(entity)) {
      throw StoreException.invalid(
          "Invalid entity type '%s'. Valid values here are %s"
              .formatted(name(entity), entityNames()));
    }
    var known = entity == Entity.DATASET ? new TreeSet<>(DATASET_KEYS) : attributes();
    if ((entity == Entity.ATTRIBUTE || entity == Entity.DATASET)
        && !known.contains(subject.key())) {
      throw StoreException.invalid(
          "Invalid %s key '%s' specified. Valid keys are '%s'"
              .formatted(name(entity), subject.key(), known));
    }
  }

  /** Refuses a subject that is not sorted by. */
  void checkOrder(Comparison.Subject subject) {
    if (keyed.isEmpty()
        && !(subject.entity() == Entity.ATTRIBUTE && attributes().contains(subject.key()))) {
      throw StoreException.invalid(
          "Invalid order by key '%s' specified. Valid keys are '%s'"
              .formatted(subject.key(), attributes()));
    }
    check(subject);
  }

  private void check(Comparison comparison) {
    check(comparison.subject());
    checkValue(comparison);
    var allowed = operators(comparison.subject());
    if (!allowed.contains(comparison.operator())
        && Operator.FOR_PRESENCE.contains(comparison.operator())) {
      throw StoreException.invalid(
          "IS NULL / IS NOT NULL is only supported for tags and params, not for '%s' '%s'"
              .formatted(name(comparison.subject().entity()), comparison.subject().key()));
    }
    if (!allowed.contains(comparison.operator())) {
      throw StoreException.invalid(
          "Invalid comparator '%s' not one of '%s' for %s '%s'"
              .formatted(
                  comparison.operator().symbol(),
                  allowed.stream().map(Operator::symbol).sorted().toList(),
                  name(comparison.subject().entity()),
                  comparison.subject().key()));
    }
  }

  private void checkValue(Comparison comparison) {
    var subject = comparison.subject();
    var number = isNumber(subject);
    switch (comparison.value()) {
      case Comparison.Value.Text(var text) when number ->
          throw StoreException.invalid(
              "Expected numeric value type for %s. Found '%s'".formatted(described(subject), text));
      case Comparison.Value.Texts(var texts) when number ->
          throw StoreException.invalid(
              "Expected numeric value type for %s. Found %s".formatted(described(subject), texts));
      case Comparison.Value.Texts(var texts) when !takesLists(subject) ->
          throw StoreException.invalid(refusedList(subject, texts));
      case Comparison.Value.Digits(var digits) when !number ->
          throw StoreException.invalid(
              "Expected a quoted string value for %s (e.g. 'my-value'). Got value %s"
                  .formatted(described(subject), digits));
      case Comparison.Value.Text _,
          Comparison.Value.Texts _,
          Comparison.Value.Digits _,
          Comparison.Value.None _ -> {}
    }
  }

  private String refusedList(Comparison.Subject subject, List<String> texts) {
    return subject.entity() == Entity.ATTRIBUTE
        ? "Only %s attributes support comparison with a list of quoted string values."
            .formatted(listAttributes.stream().sorted().map(key -> "'" + key + "'").toList())
        : "Expected a quoted string value for %s (e.g. 'my-value'). Got value %s"
            .formatted(described(subject), texts);
  }

  /** How MLflow's sentences name it. */
  private String described(Comparison.Subject subject) {
    return switch (subject.entity()) {
      case ATTRIBUTE -> isNumber(subject) ? "numeric attribute: " + subject.key() : "attributes";
      case DATASET -> "dataset attributes";
      case METRIC, PARAM, TAG -> name(subject.entity());
    };
  }

  private static String name(Entity entity) {
    return entity == Entity.PARAM ? "parameter" : entity.name().toLowerCase(Locale.ROOT);
  }

  private List<String> entityNames() {
    var all = EnumSet.of(Entity.ATTRIBUTE);
    all.addAll(keyed);
    return all.stream().map(entity -> "'" + name(entity) + "'").toList();
  }

  private TreeSet<String> attributes() {
    var all = new TreeSet<>(textAttributes);
    all.addAll(numberAttributes);
    return all;
  }

  boolean isNumber(Comparison.Subject subject) {
    return subject.entity() == Entity.METRIC
        || (subject.entity() == Entity.ATTRIBUTE && numberAttributes.contains(subject.key()));
  }

  private boolean takesLists(Comparison.Subject subject) {
    return listed.contains(subject.entity())
        || (subject.entity() == Entity.ATTRIBUTE && listAttributes.contains(subject.key()));
  }

  private Set<Operator> operators(Comparison.Subject subject) {
    if (isNumber(subject)) {
      return Operator.FOR_NUMBERS;
    }
    var allowed = EnumSet.copyOf(Operator.FOR_TEXT);
    if (subject.entity() == Entity.TAG || subject.entity() == Entity.PARAM) {
      allowed.addAll(Operator.FOR_PRESENCE);
    }
    if (takesLists(subject)) {
      allowed.addAll(Operator.FOR_LISTS);
    }
    return allowed;
  }
}
