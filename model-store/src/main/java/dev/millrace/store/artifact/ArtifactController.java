package dev.millrace.store.artifact;

import dev.millrace.protocol.mlflow.FileInfo;
import dev.millrace.store.edge.MlflowApi;
import dev.millrace.store.edge.Parameters;
import dev.millrace.store.failure.StoreException;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.springframework.core.io.FileSystemResource;
import org.springframework.core.io.Resource;
import org.springframework.http.ContentDisposition;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.MediaTypeFactory;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestMapping;

/** MLflow's artifact proxy. */
@MlflowApi
@RequestMapping("/2.0/mlflow-artifacts/artifacts")
final class ArtifactController {
  private static final Pattern ROUTE =
      Pattern.compile("/(?:ajax-)?api/2\\.0/mlflow-artifacts/artifacts/(.*)");

  /** The answer of a listing. */
  record Listing(List<FileInfo> files) {}

  private final ArtifactFolder folder;

  ArtifactController(ArtifactFolder folder) {
    this.folder = folder;
  }

  @GetMapping
  Listing list(Parameters p) {
    return new Listing(folder.list(ArtifactPath.ofFolder(p.text("path", ""))));
  }

  @GetMapping("/{*path}")
  ResponseEntity<Resource> download(HttpServletRequest request) throws IOException {
    var file = folder.file(path(request));
    var disposition =
        ContentDisposition.attachment()
            .filename(String.valueOf(file.getFileName()), StandardCharsets.UTF_8)
            .build();
    return ResponseEntity.ok()
        .header(HttpHeaders.CONTENT_DISPOSITION, disposition.toString())
        .contentType(
            MediaTypeFactory.getMediaType(String.valueOf(file.getFileName()))
                .orElse(MediaType.APPLICATION_OCTET_STREAM))
        .eTag(tag(file))
        .lastModified(Files.getLastModifiedTime(file).toInstant())
        .body(new FileSystemResource(file));
  }

  @PutMapping("/{*path}")
  ResponseEntity<Void> upload(HttpServletRequest request) throws IOException {
    folder.write(path(request), request.getInputStream());
    return ResponseEntity.ok().build();
  }

  @DeleteMapping("/{*path}")
  Map<String, String> delete(HttpServletRequest request) throws IOException {
    folder.delete(path(request));
    return Map.of();
  }

  /** From the request line as it came: decoded ones hide what was encoded twice. */
  private static ArtifactPath path(HttpServletRequest request) {
    var route = ROUTE.matcher(request.getRequestURI());
    if (!route.matches()) {
      throw StoreException.missing(
          "No such path: '%s'. Write the part before the artifact's path without percent signs."
              .formatted(request.getRequestURI()));
    }
    return ArtifactPath.ofUrl(route.group(1));
  }

  private static String tag(Path file) throws IOException {
    var modified = Files.getLastModifiedTime(file).toInstant();
    return "\"%x-%x%08x\""
        .formatted(Files.size(file), modified.getEpochSecond(), modified.getNano());
  }
}
