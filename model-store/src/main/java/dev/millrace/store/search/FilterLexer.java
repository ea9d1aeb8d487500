package dev.millrace.store.search;

import dev.millrace.store.failure.StoreException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Cuts a filter into tokens. */
final class FilterLexer {
  private static final Pattern TOKEN =
      Pattern.compile(
          """
          \\s*(?:
            (?<text>'[^']*'|"[^"]*")
          | (?<number>[+-]?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][+-]?\\d+)?)(?=[\\s,)]|$)
          | (?<word>(?:[^\\s'"`=!<>(),.]+|`[^`]*`)(?:\\.(?:[^\\s'"`=!<>(),]+|`[^`]*`|"[^"]*"))*)
          | (?<symbol>!=|>=|<=|[=<>(),])
          )\\s*""",
          Pattern.COMMENTS);

  private FilterLexer() {}

  /** What a token is. */
  enum Kind {
    TEXT,
    NUMBER,
    WORD,
    SYMBOL
  }

  record Token(Kind kind, String text) {
    boolean is(String expected) {
      return kind != Kind.TEXT && text.equalsIgnoreCase(expected);
    }
  }

  static List<Token> tokens(String filter) {
    var tokens = new ArrayList<Token>();
    var matcher = TOKEN.matcher(filter);
    var position = 0;
    while (position < filter.length()) {
      matcher.region(position, filter.length());
      if (!matcher.lookingAt()) {
        throw StoreException.invalid(
            "Invalid clause(s) in filter string: '%s'"
                .formatted(filter.substring(position).strip()));
      }
      tokens.add(token(matcher));
      position = matcher.end();
    }
    return tokens;
  }

  private static Token token(Matcher matcher) {
    var text = matcher.group("text");
    if (text != null) {
      return new Token(Kind.TEXT, text.substring(1, text.length() - 1));
    }
    var kind = Kind.SYMBOL;
    if (matcher.group("number") != null) {
      kind = Kind.NUMBER;
    } else if (matcher.group("word") != null) {
      kind = Kind.WORD;
    }
    return new Token(kind, matcher.group().strip());
  }
}
