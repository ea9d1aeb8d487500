package dev.millrace.store.naming;

import dev.millrace.store.failure.StoreException;
import java.util.ArrayDeque;
import java.util.regex.Pattern;

/**
 * The grammar of keys of metrics, params and tags: word characters of any script, {@code _ - . :}
 * space and slash, read as a path that must mean itself.
 */
public final class Keys {
  /** The longest key. */
  public static final int MAX_LENGTH = 250;

  private static final Pattern ALLOWED =
      Pattern.compile("[/\\w.\\- :]*", Pattern.UNICODE_CHARACTER_CLASS);

  private Keys() {}

  /**
   * Refuses what is no key.
   *
   * @param parameter how the request names it, {@code metrics[0].name} for instance
   * @param kind what the key is of, {@code Metric name} for instance
   */
  public static void require(String parameter, String kind, String key) {
    if (!ALLOWED.matcher(key).matches()) {
      throw refused(
          key,
          parameter,
          "Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).");
    }
    var path = normalized(key);
    if (!path.equals(key) || path.equals(".") || path.startsWith("..") || path.startsWith("/")) {
      throw refused(
          key,
          parameter,
          "Names may be treated as files in certain cases, and must not resolve to other names when treated as such. This name would resolve to '"
              + path
              + "'");
    }
    requireLength(kind, key, MAX_LENGTH);
  }

  /** Refuses a text that is too long. */
  public static void requireLength(String kind, String text, int most) {
    if (text.length() > most) {
      throw StoreException.invalid(
          "'%s' exceeds the maximum length of %s characters".formatted(kind, most));
    }
  }

  private static StoreException refused(String key, String parameter, String why) {
    return StoreException.invalid(
        "Invalid value \"%s\" for parameter '%s' supplied: %s".formatted(key, parameter, why));
  }

  /** The shortest path that means the same file, as POSIX reads it. */
  static String normalized(String path) {
    var kept = new ArrayDeque<String>();
    for (String segment : path.split("/", -1)) {
      if (segment.equals("..") && !kept.isEmpty() && !kept.getLast().equals("..")) {
        kept.removeLast();
      } else if (segment.equals("..")
          ? !path.startsWith("/")
          : !segment.isEmpty() && !segment.equals(".")) {
        kept.addLast(segment);
      }
    }
    var joined = (path.startsWith("/") ? "/" : "") + String.join("/", kept);
    return joined.isEmpty() ? "." : joined;
  }
}
