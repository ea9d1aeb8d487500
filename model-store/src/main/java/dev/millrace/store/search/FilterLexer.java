package dev.millrace.store.search;

import dev.millrace.store.failure.StoreException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Cuts a filter into tokens. */
final class FilterLexer {
  private static final Pattern SPACE = Pattern.compile("\\s*");
  private static final Pattern TOKEN =
      Pattern.compile(
          """
            (?<number>-?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][+-]?\\d+)?)(?=[\\s,)]|$)
          | (?<word>(?:[^\\s'"`=!<>(),.]+|`[^`]*`)(?:\\.(?:[^\\s'"`=!<>(),]+|`[^`]*`|"[^"]*"|'[^']*'))*+)
          | (?<symbol>!=|>=|<=|==|<>|[=<>(),])
          """,
          Pattern.COMMENTS);

  private FilterLexer() {}

  /** What a token is. */
  enum Kind {
    TEXT,
    NUMBER,
    WORD,
    SYMBOL
  }

  /**
   * A token.
   *
   * @param text as the filter has it, quotes included
   */
  record Token(Kind kind, String text) {
    boolean is(String expected) {
      return kind != Kind.TEXT && text.equalsIgnoreCase(expected);
    }
  }

  static List<Token> tokens(String filter) {
    var tokens = new ArrayList<Token>();
    var space = SPACE.matcher(filter);
    var matcher = TOKEN.matcher(filter);
    var position = 0;
    while (position < filter.length()) {
      space.region(position, filter.length()).lookingAt();
      position = space.end();
      if (position < filter.length()) {
        var token = token(filter, position, matcher);
        tokens.add(token);
        position += token.text().length();
      }
    }
    return tokens;
  }

  private static Token token(String filter, int start, Matcher matcher) {
    var first = filter.charAt(start);
    if (first == '\'' || first == '"') {
      var end = endOfText(filter, start);
      if (end > start) {
        return new Token(Kind.TEXT, filter.substring(start, end));
      }
    } else if (matcher.region(start, filter.length()).lookingAt()) {
      return new Token(kind(matcher), matcher.group());
    }
    throw StoreException.invalid(
        "Invalid clause(s) in filter string: '%s'".formatted(filter.substring(start).strip()));
  }

  private static Kind kind(Matcher matcher) {
    if (matcher.group("number") != null) {
      return Kind.NUMBER;
    }
    return matcher.group("word") != null ? Kind.WORD : Kind.SYMBOL;
  }

  /**
   * Behind the closing quote, or the start when there is none. A doubled quote and one behind a
   * backslash stand for themselves, unless no other is left to close the text.
   */
  private static int endOfText(String filter, int start) {
    var quote = filter.charAt(start);
    var fallback = start;
    for (int i = start + 1; i < filter.length(); i++) {
      if (filter.charAt(i) != quote) {
        continue;
      }
      if (i + 1 < filter.length() && filter.charAt(i + 1) == quote) {
        fallback = i + 1;
        i++;
      } else if (filter.charAt(i - 1) == '\\') {
        fallback = i + 1;
      } else {
        return i + 1;
      }
    }
    return fallback;
  }
}
