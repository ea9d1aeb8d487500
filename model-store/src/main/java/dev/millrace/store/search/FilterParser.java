package dev.millrace.store.search;

import dev.millrace.store.failure.StoreException;
import dev.millrace.store.search.Comparison.Subject;
import dev.millrace.store.search.Comparison.Value;
import dev.millrace.store.search.FilterLexer.Kind;
import dev.millrace.store.search.FilterLexer.Token;
import java.util.ArrayList;
import java.util.List;

/**
 * MLflow's filter grammar: comparisons joined by AND; no OR, no NOT, no parentheses around clauses.
 *
 * <pre>
 * filter     = comparison { AND comparison }
 * comparison = subject ( operator value | [NOT] IN list | IS [NOT] NULL )
 * subject    = key | entity "." key
 * </pre>
 */
final class FilterParser {
  private final String filter;
  private final List<Token> tokens;
  private int next;

  FilterParser(String filter) {
    this.filter = filter;
    this.tokens = FilterLexer.tokens(filter.strip());
  }

  List<Comparison> parse() {
    var comparisons = new ArrayList<Comparison>();
    if (filter.isBlank()) {
      return comparisons;
    }
    do {
      comparisons.add(comparison());
    } while (skip("AND"));
    if (next < tokens.size()) {
      throw invalid(tokens.get(next).text());
    }
    return comparisons;
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
    var operator = Operator.of(symbol.text()).orElseThrow(() -> invalid(symbol.text()));
    return new Comparison(subject, operator, value(take()));
  }

  private Subject subject(Token token) {
    if (token.kind() != Kind.WORD || token.is("NOT") || token.is("OR")) {
      throw invalid(token.text());
    }
    return Subjects.parse(token.text());
  }

  private Value value(Token token) {
    return switch (token.kind()) {
      case TEXT -> new Value.Text(token.text());
      case NUMBER -> new Value.Digits(token.text());
      case WORD, SYMBOL -> throw invalid(token.text());
    };
  }

  private Value.Texts list() {
    expect("(");
    var texts = new ArrayList<String>();
    do {
      var token = take();
      if (token.kind() != Kind.TEXT) {
        throw StoreException.invalid(
            "A list holds quoted strings, but this one has '%s' in '%s'. Write it as ('a', 'b')."
                .formatted(token.text(), filter));
      }
      texts.add(token.text());
    } while (skip(","));
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
        "Invalid clause(s) in filter string: '%s'. Write comparisons such as metrics.loss < 0.5, joined by AND."
            .formatted(text));
  }
}
