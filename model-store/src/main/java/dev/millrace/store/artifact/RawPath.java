package dev.millrace.store.artifact;

import dev.millrace.store.failure.StoreException;
import jakarta.servlet.http.HttpServletRequest;
import java.util.regex.Pattern;

/**
 * Reads the path of an artifact from the request line as it came: decoded ones hide what was
 * encoded twice.
 */
final class RawPath {
  private static final Pattern ROUTE =
      Pattern.compile(
          "/(?:ajax-)?api/2\\.0/mlflow-artifacts/(?:artifacts|presigned|mpu/(?:create|complete|abort))/(.*)");

  private RawPath() {}

  /** The path behind a route of {@code mlflow-artifacts}. */
  static ArtifactPath of(HttpServletRequest request) {
    var route = ROUTE.matcher(request.getRequestURI());
    if (!route.matches()) {
      throw StoreException.missing(
          "No such path: '%s'. Write the part before the artifact's path without percent signs."
              .formatted(request.getRequestURI()));
    }
    return ArtifactPath.ofUrl(route.group(1));
  }
}
