package dev.millrace.protocol.mlflow;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Copies folders to and from the store's artifact proxy.
 *
 * <p>A listing comes from a server that may be hostile: each name in it is one plain path segment
 * or the download stops, so nothing is ever written outside the folder that the caller named.
 */
final class ArtifactTransfer {
  private static final String PROXY = "/api/2.0/mlflow-artifacts/artifacts";
  private static final int MAX_DEPTH = 32;
  private static final int MAX_ENTRIES_PER_FOLDER = 100_000;

  private final MlflowHttp http;

  ArtifactTransfer(MlflowHttp http) {
    this.http = http;
  }

  void upload(Path folder, String artifactUri) {
    var root = proxyPath(artifactUri);
    try (var files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        http.upload(proxied(root + "/" + slashed(folder.relativize(file))), file);
      }
    } catch (IOException e) {
      throw local("Cannot upload " + folder, e);
    }
  }

  void download(String artifactUri, Path folder) {
    try {
      Files.createDirectories(folder);
      download(proxyPath(artifactUri), folder, 0);
    } catch (IOException e) {
      throw local("Cannot write into " + folder, e);
    }
  }

  private void download(String remote, Path folder, int depth) throws IOException {
    for (FileInfo entry : list(remote)) {
      var name = plainName(entry.path());
      var target = folder.resolve(name);
      if (!entry.directory()) {
        http.download(proxied(remote + "/" + name), target);
      } else if (depth < MAX_DEPTH) {
        Files.createDirectories(target);
        download(remote + "/" + name, target, depth + 1);
      } else {
        throw distrusted("more than " + MAX_DEPTH + " folders inside each other");
      }
    }
  }

  private List<FileInfo> list(String remote) {
    var answer = http.get(PROXY, Map.of("path", remote));
    if (!answer.has("files")) {
      return List.of();
    }
    var files = List.of(http.read(answer, "files", FileInfo[].class));
    if (files.size() > MAX_ENTRIES_PER_FOLDER) {
      throw distrusted("more than " + MAX_ENTRIES_PER_FOLDER + " files in one folder");
    }
    return files;
  }

  /** The name itself when it is one path segment that stays inside its folder. */
  static String plainName(String name) {
    if (name.isBlank()
        || name.equals(".")
        || name.equals("..")
        || !name.matches("[^/\\\\:\\p{Cntrl}]+")) {
      throw distrusted("the file name '" + name + "', which is not a plain name");
    }
    try {
      return Path.of(name).toString();
    } catch (InvalidPathException _) {
      throw distrusted("the file name '" + name + "', which this machine cannot write");
    }
  }

  /** The path below the proxy that an {@code mlflow-artifacts:} URI means. */
  static String proxyPath(String artifactUri) {
    var uri = URI.create(artifactUri.replace(" ", "%20"));
    if (!"mlflow-artifacts".equals(uri.getScheme()) || uri.getPath() == null) {
      throw distrusted(
          "the artifact location '%s'; this client reads only 'mlflow-artifacts:' ones, so start the store with its artifact proxy"
              .formatted(artifactUri));
    }
    return uri.getPath().replaceAll("^/+|/+$", "");
  }

  private static String proxied(String path) {
    return PROXY + "/" + MlflowHttp.encodedPath(path);
  }

  private static String slashed(Path relative) {
    return relative.toString().replace('\\', '/');
  }

  private static MlflowException distrusted(String what) {
    return new MlflowException(
        0, MlflowException.BAD_ANSWER, "The store's answer holds " + what + ".", null);
  }

  private static MlflowException local(String what, IOException cause) {
    return new MlflowException(0, "LOCAL_FILE", what + ": " + cause, cause);
  }
}
