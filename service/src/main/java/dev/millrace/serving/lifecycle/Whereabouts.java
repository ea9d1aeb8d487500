package dev.millrace.serving.lifecycle;

/**
 * Where the copies of a version run at one moment.
 *
 * @param devices their names, such as {@code cuda:0, cuda:1}; empty while the version is unloaded
 * @param instances how many copies there are
 * @param fallback why some run on the processors though they belong on a GPU; empty when none does
 */
public record Whereabouts(String devices, int instances, String fallback) {
  static final Whereabouts NOWHERE = new Whereabouts("", 0, "");
}
