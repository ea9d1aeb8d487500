package dev.millrace.serving.api.tfs;

import dev.millrace.serving.api.edge.TargetPath;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the path of a request names: {@code
 * /v1/models/{model}[/versions/{version}|/labels/{label}]:{verb}}.
 */
record TfsTarget(String model, @Nullable String version, @Nullable String label, Verb verb) {
  private static final String PREFIX = "/v1/models/";
  private static final Pattern NAMES =
      Pattern.compile("([^/:]+)(?:/versions/([^/:]+)|/labels/([^/:]+))?");

  /** What is asked of a model. */
  enum Verb {
    PREDICT(":predict"),
    CLASSIFY(":classify"),
    REGRESS(":regress"),
    EXPLAIN(":explain");

    private final String suffix;

    Verb(String suffix) {
      this.suffix = suffix;
    }
  }

  /** All forms, with placeholders for the names. */
  static List<String> patterns() {
    return Stream.of("", "/versions/{version}", "/labels/{label}")
        .flatMap(
            which ->
                Arrays.stream(Verb.values()).map(verb -> PREFIX + "{model}" + which + verb.suffix))
        .toList();
  }

  /** Whether a target has this form; one that does not is told after a look at its prefix. */
  static boolean matches(String target) {
    return parse(target) != null;
  }

  /** Takes a target apart; null where it has not this form. Names stay as they are written. */
  static @Nullable TfsTarget parse(String target) {
    var uri = TargetPath.withoutHost(target);
    if (!uri.startsWith(PREFIX)) {
      return null;
    }
    int end = TargetPath.end(uri);
    for (var verb : Verb.values()) {
      int namesEnd = end - verb.suffix.length();
      if (uri.startsWith(verb.suffix, namesEnd)) {
        var names = NAMES.matcher(uri).region(PREFIX.length(), Math.max(PREFIX.length(), namesEnd));
        return names.matches()
            ? new TfsTarget(names.group(1), names.group(2), names.group(3), verb)
            : null;
      }
    }
    return null;
  }
}
