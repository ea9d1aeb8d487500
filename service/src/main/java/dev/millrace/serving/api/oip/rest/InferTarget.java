package dev.millrace.serving.api.oip.rest;

import dev.millrace.serving.failure.InferenceException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.springframework.util.StringUtils;

/**
 * The model and version that an infer request names in its path: {@code
 * /v2/models/{model}[/versions/{version}]/infer}. A query behind it is ignored, as Triton does.
 */
record InferTarget(String model, @Nullable String version) {
  private static final String PREFIX = "/v2/models/";
  private static final String SUFFIX = "/infer";
  private static final String VERSIONS = "/versions/";
  private static final InferTarget NOBODY = new InferTarget("", null);

  /** Whether a target has this form; allocates nothing for a target that is a path. */
  static boolean matches(String target) {
    var uri = path(target);
    int end = pathEnd(uri);
    int length = end - PREFIX.length() - SUFFIX.length();
    return length > 0
        && uri.startsWith(PREFIX)
        && uri.startsWith(SUFFIX, end - SUFFIX.length())
        && hasModelAndVersionOnly(uri, end - SUFFIX.length());
  }

  /** Takes a target apart that {@link #matches}; names are percent-decoded once. */
  static InferTarget parse(String target) {
    var uri = path(target);
    int end = pathEnd(uri) - SUFFIX.length();
    int modelEnd = uri.indexOf('/', PREFIX.length());
    var model = decode(uri.substring(PREFIX.length(), modelEnd));
    return modelEnd == end
        ? new InferTarget(model, null)
        : new InferTarget(model, decode(uri.substring(modelEnd + VERSIONS.length(), end)));
  }

  /** As {@link #parse}; for what has not this form, a target that no model has. */
  static InferTarget parseOrNobody(String uri) {
    try {
      return matches(uri) ? parse(uri) : NOBODY;
    } catch (InferenceException _) {
      return NOBODY;
    }
  }

  private static boolean hasModelAndVersionOnly(String uri, int end) {
    int modelEnd = uri.indexOf('/', PREFIX.length());
    if (modelEnd == end) {
      return true;
    }
    int versionStart = modelEnd + VERSIONS.length();
    return modelEnd > PREFIX.length()
        && versionStart < end
        && uri.startsWith(VERSIONS, modelEnd)
        && uri.indexOf('/', versionStart) == end;
  }

  /** Without the scheme and host that clients of a proxy put before it, and others may. */
  private static String path(String target) {
    if (target.startsWith("/") || !target.regionMatches(true, 0, "http", 0, 4)) {
      return target;
    }
    int host = target.indexOf("://") + 3;
    int path = target.indexOf('/', host);
    return host < 3 || path < 0 ? target : target.substring(path);
  }

  private static int pathEnd(String uri) {
    int query = uri.indexOf('?');
    return query < 0 ? uri.length() : query;
  }

  private static String decode(String segment) {
    if (segment.indexOf('%') < 0) {
      return segment;
    }
    try {
      return StringUtils.uriDecode(segment, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException _) {
      throw JsonReader.refusal("'%s' in the path is not percent-encoded".formatted(segment));
    }
  }
}
