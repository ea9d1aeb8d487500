package dev.millrace.store.registry;

import dev.millrace.protocol.mlflow.RegisteredModel;
import dev.millrace.store.failure.StoreException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;

/** Which sources a version may have. */
final class SourceRules {
  private static final Set<String> HOST_SCHEMES = Set.of("http", "https", "ftp", "sftp");

  private SourceRules() {}

  /** Whether this is how MLflow's clients register a prompt, which has no files. */
  static boolean isPromptOf(RegisteredModel model, String source) {
    return source.equals("dummy-source")
        && model.tags().stream().anyMatch(tag -> tag.key().equals(Prompts.TAG));
  }

  /** Refuses a source that is wrong whoever sends it. */
  static void check(String source) {
    var uri = uri(source);
    var scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    // One letter is a Windows drive.
    if (scheme.length() < 2 || scheme.equals("file")) {
      throw StoreException.invalid(
          "Invalid model version source: '%s'. A local path cannot be a source here: log the files as artifacts of a run, and use their mlflow-artifacts: location."
              .formatted(source));
    }
    if (HOST_SCHEMES.contains(scheme)) {
      throw StoreException.invalid(
          "'source' cannot use the '%s' scheme: it addresses a host other than the store's. Use the mlflow-artifacts: location of a run."
              .formatted(scheme));
    }
    if (scheme.equals("mlflow-artifacts") && uri.getRawAuthority() != null) {
      throw StoreException.invalid(
          "Invalid model version source: '%s' names the host '%s'; the store registers only its own artifacts. Write mlflow-artifacts:/ and the path."
              .formatted(source, uri.getRawAuthority()));
    }
    if (!isAbsoluteWithoutDots(uri)) {
      throw StoreException.invalid(
          "Invalid model version source: '%s'. An absolute path must be provided without relative path references present. Please provide an absolute path."
              .formatted(source));
    }
  }

  /** Whether the source is the owner's location or lies below it. */
  static boolean contains(String owner, String source) {
    var root = uri(owner).getPath().replaceAll("/+$", "");
    var path = uri(source).getPath();
    return path.equals(root) || path.startsWith(root + "/");
  }

  static StoreException notOwned(String source, String parameter) {
    return StoreException.invalid(
        "Invalid model version source: '%s'. The %s request parameter must identify the resource that contains the source."
            .formatted(source, parameter));
  }

  static StoreException unknown(String source) {
    return StoreException.invalid(
        "Invalid model version source: '%s'. There is no such model. Write models:/NAME/VERSION, models:/NAME@ALIAS or models:/m-ID."
            .formatted(source));
  }

  private static boolean isAbsoluteWithoutDots(URI uri) {
    var path = uri.getPath();
    if (path == null || !path.startsWith("/") || path.equals("/")) {
      return false;
    }
    return Arrays.stream(decoded(path).split("[/\\\\]")).noneMatch(".."::equals);
  }

  private static String decoded(String path) {
    try {
      return URLDecoder.decode(path.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException _) {
      return path;
    }
  }

  private static URI uri(String source) {
    try {
      return new URI(source.replace(" ", "%20"));
    } catch (URISyntaxException e) {
      throw StoreException.invalid(
          "Invalid model version source: '%s' is no URI (%s).".formatted(source, e.getReason()));
    }
  }
}
