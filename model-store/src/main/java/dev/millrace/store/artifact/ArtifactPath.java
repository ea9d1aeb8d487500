package dev.millrace.store.artifact;

import dev.millrace.store.failure.StoreException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A path below the artifact folder, which cannot leave it.
 *
 * <p>A path is refused when it would leave the folder at any depth of decoding, since whoever reads
 * the name next may decode it once more.
 *
 * @param text segments joined by slashes; empty for the folder itself
 */
public record ArtifactPath(String text) {
  private static final Pattern DRIVE = Pattern.compile("[A-Za-z]:.*");
  private static final Pattern FORBIDDEN = Pattern.compile(".*[\\\\\\p{Cntrl}].*", Pattern.DOTALL);
  private static final Pattern LOCATION = Pattern.compile("mlflow-artifacts:(?://[^/]*)?/*(.*?)/*");
  private static final int MAX_LENGTH = 4_000;
  private static final int MAX_SEGMENT_BYTES = 255;

  /** Checks the path. */
  public ArtifactPath {
    var decoded = text;
    var before = "";
    while (!decoded.equals(before)) {
      requireInside(decoded);
      before = decoded;
      decoded = decoded(before);
    }
  }

  /** A path as it stands in a URL, percent-encoded. */
  static ArtifactPath ofUrl(String encoded) {
    return new ArtifactPath(decoded(encoded));
  }

  /** The path of a location {@code mlflow-artifacts:/...}; empty when the location is another's. */
  public static Optional<ArtifactPath> ofLocation(String location) {
    var parsed = LOCATION.matcher(location);
    return parsed.matches() ? Optional.of(ofUrl(parsed.group(1))) : Optional.empty();
  }

  /** A path that may end with a slash, as folders are written. */
  public static ArtifactPath ofFolder(String text) {
    return new ArtifactPath(text.endsWith("/") ? text.substring(0, text.length() - 1) : text);
  }

  /** The path of something below this one. */
  public ArtifactPath resolve(String below) {
    if (below.isEmpty()) {
      return this;
    }
    requireInside(below);
    return new ArtifactPath(text.isEmpty() ? below : text + "/" + below);
  }

  /** The last segment. */
  public String name() {
    return text.substring(text.lastIndexOf('/') + 1);
  }

  private static void requireInside(String path) {
    if (path.isEmpty()) {
      return;
    }
    var inside =
        path.length() <= MAX_LENGTH
            && !DRIVE.matcher(path).matches()
            && !FORBIDDEN.matcher(path).matches();
    for (String segment : path.split("/", -1)) {
      inside &=
          !segment.isEmpty()
              && !segment.equals(".")
              && !segment.equals("..")
              && segment.getBytes(StandardCharsets.UTF_8).length <= MAX_SEGMENT_BYTES;
    }
    if (!inside) {
      throw StoreException.invalid("Invalid path");
    }
  }

  private static String decoded(String path) {
    try {
      return URLDecoder.decode(path.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException _) {
      // A percent sign that encodes nothing stands for itself.
      return path;
    }
  }
}
