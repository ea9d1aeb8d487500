package dev.millrace.serving.api.oip.rest;

import dev.millrace.serving.api.edge.TargetPath;
import dev.millrace.serving.failure.InferenceException;
import org.jspecify.annotations.Nullable;

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
    var uri = TargetPath.withoutHost(target);
    int end = TargetPath.end(uri);
    int length = end - PREFIX.length() - SUFFIX.length();
    return length > 0
        && uri.startsWith(PREFIX)
        && uri.startsWith(SUFFIX, end - SUFFIX.length())
        && hasModelAndVersionOnly(uri, end - SUFFIX.length());
  }

  /** Takes a target apart that {@link #matches}; names are percent-decoded once. */
  static InferTarget parse(String target) {
    var uri = TargetPath.withoutHost(target);
    int end = TargetPath.end(uri) - SUFFIX.length();
    int modelEnd = uri.indexOf('/', PREFIX.length());
    var model = TargetPath.decoded(uri.substring(PREFIX.length(), modelEnd));
    return modelEnd == end
        ? new InferTarget(model, null)
        : new InferTarget(
            model, TargetPath.decoded(uri.substring(modelEnd + VERSIONS.length(), end)));
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
}
