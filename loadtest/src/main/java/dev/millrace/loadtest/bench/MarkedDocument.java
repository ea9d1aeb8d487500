package dev.millrace.loadtest.bench;

import java.util.List;
import java.util.stream.Collectors;

/**
 * Markdown in which HTML comments enclose what the benchmark writes: `
 * <!-- bench:NAME -->
 * ` and `
 * <!-- /bench:NAME -->
 * `.
 */
final class MarkedDocument {
  private MarkedDocument() {}

  /** Nothing but the markers. */
  static String empty(List<Part> parts) {
    return parts.stream()
        .map(part -> opening(part.label()) + "\n" + closing(part.label()) + "\n")
        .collect(Collectors.joining("\n"));
  }

  /** The document with other text between the markers of one section. */
  static String replace(String document, String section, String text) {
    var from = document.indexOf(opening(section));
    var to = document.indexOf(closing(section));
    if (from < 0 || to < from) {
      throw new IllegalArgumentException(
          "The document has no section '%s': it needs a line '%s' and after it a line '%s'."
              .formatted(section, opening(section), closing(section)));
    }
    return document.substring(0, from)
        + opening(section)
        + "\n"
        + text.strip()
        + "\n"
        + document.substring(to);
  }

  private static String opening(String section) {
    return "<!-- bench:" + section + " -->";
  }

  private static String closing(String section) {
    return "<!-- /bench:" + section + " -->";
  }
}
