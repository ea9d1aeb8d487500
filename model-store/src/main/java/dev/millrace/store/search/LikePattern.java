package dev.millrace.store.search;

/** Translates SQL's LIKE patterns. */
final class LikePattern {
  private LikePattern() {}

  /** The GLOB pattern that matches the same texts. */
  static String asGlob(String like) {
    var glob = new StringBuilder(like.length() + 8);
    for (int i = 0; i < like.length(); i++) {
      var c = like.charAt(i);
      switch (c) {
        case '%' -> glob.append('*');
        case '_' -> glob.append('?');
        case '*', '?', '[' -> glob.append('[').append(c).append(']');
        default -> glob.append(c);
      }
    }
    return glob.toString();
  }
}
