package dev.millrace.store.search;

import dev.millrace.store.failure.StoreException;
import dev.millrace.store.search.Comparison.Subject;
import dev.millrace.store.search.Comparison.Value;
import dev.millrace.store.search.FilterLexer.Kind;
import dev.millrace.store.search.FilterLexer.Token;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * MLflow's filter grammar, which joins comparisons by AND, and beyond it OR, NOT and parentheses.
 *
 * <pre>
 * filter     = all { OR all }
 * all        = term { AND term }
 * term       = NOT term | "(" filter ")" | comparison
 * comparison = subject ( operator value | [NOT] IN list | IS [NOT] NULL )
 * subject    = key | entity "." key
 * </pre>
 */
final class FilterParser {
  private final String filter;
  private final List<Token> tokens;
  private int next;
  private int depth;

  FilterParser(String filter) {
    this.filter = filter;
    this.tokens = FilterLexer.tokens(filter.strip());
  }

  Filter parse() {
    if (filter.isBlank()) {
      return new Filter.All(List.of());
    }
    var parsed = any();
    if (next < tokens.size()) {
      throw invalid(tokens.get(next).text());
    }
    return parsed;
  }

  private Filter any() {
    var filters = new ArrayList<Filter>();
    do {
      filters.add(all());
    } while (skip("OR"));
    return filters.size() == 1 ? filters.getFirst() : new Filter.Any(filters);
  }

  private Filter all() {
    var filters = new ArrayList<Filter>();
    do {
      filters.addAll(term().required());
    } while (skip("AND"));
    return filters.size() == 1 ? filters.getFirst() : new Filter.All(filters);
  }

  private Filter term() {
    if (skip("NOT")) {
      enter();
      var negated = new Filter.Not(term());
      depth--;
      return negated;
    }
    if (skip("(")) {
      enter();
      var inner = any();
      expect(")");
      depth--;
      return inner;
    }
    return comparison();
  }

  private void enter() {
    depth++;
    SearchLimits.checkDepth(depth);
  }

  private Comparison comparison() {
    var subject = subject(take());
    if (skip("IS")) {
      var operator = skip("NOT") ? Operator.IS_NOT_NULL : Operator.IS_NULL;
      expect("NULL");
      return new Comparison(subject, operator, new Value.None());
    }
    if (skip("NOT")) {
      expect("IN");
      return new Comparison(subject, Operator.NOT_IN, list());
    }
    if (skip("IN")) {
      return new Comparison(subject, Operator.IN, list());
    }
    var symbol = take();
    var operator = Operator.of(symbol.text()).orElseThrow(() -> noOperator(symbol));
    return new Comparison(subject, operator, value(subject, take()));
  }

  private static StoreException noOperator(Token token) {
    return token.text().matches("==|<>")
        ? StoreException.invalid(
            "Invalid comparator '%s' not one of '%s'"
                .formatted(
                    token.text(), Arrays.stream(Operator.values()).map(Operator::symbol).toList()))
        : invalid(token.text());
  }

  private Subject subject(Token token) {
    // Double quotes hold a key as well as a text.
    var isKey = token.kind() == Kind.WORD || token.text().startsWith("\"");
    if (!isKey || token.is("AND") || token.is("OR")) {
      throw invalid(token.text());
    }
    return Subjects.parse(token.text());
  }

  private Value value(Subject subject, Token token) {
    return switch (token.kind()) {
      case TEXT -> new Value.Text(unquoted(token));
      case NUMBER -> new Value.Digits(token.text());
      case WORD ->
          throw StoreException.invalid(
              subject.entity() == Entity.METRIC
                  ? "Expected numeric value type for metric. Found %s".formatted(token.text())
                  : "Parameter value is either not quoted or unidentified quote types used for string value %s. Use either single or double quotes."
                      .formatted(token.text()));
      case SYMBOL -> throw invalid(token.text());
    };
  }

  private static String unquoted(Token text) {
    return text.text().substring(1, text.text().length() - 1);
  }

  private Value.Texts list() {
    expect("(");
    var texts = new ArrayList<String>();
    do {
      var token = take();
      if (token.kind() != Kind.TEXT) {
        throw StoreException.invalid(
            "While parsing a list in the query, expected a non-empty list of string values, but '%s' has '%s'. Write it as ('a', 'b')."
                .formatted(filter, token.text()));
      }
      texts.add(unquoted(token));
    } while (skip(",") && !tokens.get(Math.min(next, tokens.size() - 1)).is(")"));
    expect(")");
    return new Value.Texts(texts);
  }

  private Token take() {
    if (next == tokens.size()) {
      throw invalid(filter.strip());
    }
    return tokens.get(next++);
  }

  private boolean skip(String expected) {
    var found = next < tokens.size() && tokens.get(next).is(expected);
    if (found) {
      next++;
    }
    return found;
  }

  private void expect(String expected) {
    var token = take();
    if (!token.is(expected)) {
      throw invalid(token.text());
    }
  }

  private static StoreException invalid(String text) {
    return StoreException.invalid(
        "Invalid clause(s) in filter string: '%s'. Write comparisons such as metrics.loss < 0.5, joined by AND or OR."
            .formatted(text));
  }
}
