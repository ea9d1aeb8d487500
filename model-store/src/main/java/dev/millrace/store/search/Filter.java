package dev.millrace.store.search;

import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** What a search asks of its rows. */
public sealed interface Filter permits Comparison, Filter.All, Filter.Any, Filter.Not {
  /** Every one of them holds; an empty one finds everything. */
  record All(List<Filter> filters) implements Filter {
    /** Copies the list. */
    public All {
      filters = List.copyOf(filters);
    }
  }

  /** At least one of them holds. */
  record Any(List<Filter> filters) implements Filter {
    /** Copies the list. */
    public Any {
      filters = List.copyOf(filters);
    }
  }

  /** It does not hold: what it finds is left out, and all else is in. */
  record Not(Filter filter) implements Filter {}

  /** The comparisons in it, wherever they stand. */
  default Stream<Comparison> comparisons() {
    return switch (this) {
      case Comparison comparison -> Stream.of(comparison);
      case All(var filters) -> filters.stream().flatMap(Filter::comparisons);
      case Any(var filters) -> filters.stream().flatMap(Filter::comparisons);
      case Not(var filter) -> filter.comparisons();
    };
  }

  /** The same with other comparisons. */
  default Filter map(UnaryOperator<Comparison> change) {
    return switch (this) {
      case Comparison comparison -> change.apply(comparison);
      case All(var filters) -> new All(map(filters, change));
      case Any(var filters) -> new Any(map(filters, change));
      case Not(var filter) -> new Not(filter.map(change));
    };
  }

  private static List<Filter> map(List<Filter> filters, UnaryOperator<Comparison> change) {
    return filters.stream().map(filter -> filter.map(change)).toList();
  }

  /** The filters that must all hold for this one to hold. */
  default List<Filter> required() {
    return this instanceof All(var filters) ? filters : List.of(this);
  }
}
