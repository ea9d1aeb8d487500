package dev.millrace.serving.api.edge;

import java.util.Locale;

/** Reads the header {@code Accept-Encoding}. */
final class AcceptedCodings {
  private AcceptedCodings() {}

  /** The coding with the greatest weight; of equal ones gzip, then deflate. */
  static ContentCoding best(String acceptEncoding) {
    double gzip = 0;
    double deflate = 0;
    double identity = 0;
    for (var element : acceptEncoding.toLowerCase(Locale.ROOT).split(",", -1)) {
      double weight = weight(element);
      switch (name(element)) {
        case "gzip", "x-gzip" -> gzip = weight;
        case "deflate" -> deflate = weight;
        case "identity" -> identity = weight;
        default -> {}
      }
    }
    if (gzip > 0 && gzip >= deflate && gzip >= identity) {
      return ContentCoding.GZIP;
    }
    return deflate > 0 && deflate >= identity ? ContentCoding.DEFLATE : ContentCoding.IDENTITY;
  }

  private static String name(String element) {
    int semicolon = element.indexOf(';');
    return (semicolon < 0 ? element : element.substring(0, semicolon)).strip();
  }

  /** From 0 to 1; 0, which means "not this one", where it cannot be read. */
  private static double weight(String element) {
    int at = element.indexOf("q=");
    if (at < 0) {
      return 1;
    }
    try {
      return Double.parseDouble(element.substring(at + 2).strip());
    } catch (NumberFormatException _) {
      return 0;
    }
  }
}
