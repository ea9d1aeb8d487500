package dev.millrace.serving.api.edge;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import java.nio.charset.StandardCharsets;
import org.springframework.util.StringUtils;

/** Takes the target of a request apart, as far as all protocols agree on it. */
public final class TargetPath {
  private TargetPath() {}

  /** Without the scheme and host that clients of a proxy put before it, and others may. */
  public static String withoutHost(String target) {
    if (target.startsWith("/") || !target.regionMatches(true, 0, "http", 0, 4)) {
      return target;
    }
    int host = target.indexOf("://") + 3;
    int path = target.indexOf('/', host);
    return host < 3 || path < 0 ? target : target.substring(path);
  }

  /** Where the query begins, or the target ends. */
  public static int end(String target) {
    int query = target.indexOf('?');
    return query < 0 ? target.length() : query;
  }

  /**
   * A segment, percent-decoded once.
   *
   * @throws InferenceException with Invalid where it is not percent-encoded
   */
  public static String decoded(String segment) {
    if (segment.indexOf('%') < 0) {
      return segment;
    }
    try {
      return StringUtils.uriDecode(segment, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException _) {
      throw new InferenceException(
          new InferenceFailure.Invalid(
              "'%s' in the path is not percent-encoded".formatted(segment)));
    }
  }
}
