package dev.millrace.store.artifact;

import dev.millrace.protocol.mlflow.FileInfo;
import dev.millrace.store.edge.MlflowApi;
import dev.millrace.store.edge.Parameters;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestMapping;

/** MLflow's artifact proxy. */
@MlflowApi
@RequestMapping("/2.0/mlflow-artifacts")
final class ArtifactController {
  /** The answer of a listing. */
  record Listing(List<FileInfo> files) {}

  private final ArtifactStorage storage;
  private final ArtifactLinks links;

  ArtifactController(ArtifactStorage storage, ArtifactLinks links) {
    this.storage = storage;
    this.links = links;
  }

  @GetMapping("/artifacts")
  Listing list(Parameters p) {
    return new Listing(storage.list(ArtifactPath.ofFolder(p.text("path", ""))));
  }

  @GetMapping("/artifacts/{*path}")
  void download(HttpServletRequest request, HttpServletResponse response) throws IOException {
    Download.send(storage, RawPath.of(request), request, response);
  }

  @PutMapping("/artifacts/{*path}")
  ResponseEntity<Void> upload(HttpServletRequest request) throws IOException {
    storage.write(RawPath.of(request), request.getInputStream(), UploadHeaders.digests(request));
    return ResponseEntity.ok().build();
  }

  @DeleteMapping("/artifacts/{*path}")
  Map<String, String> delete(HttpServletRequest request) throws IOException {
    storage.delete(RawPath.of(request));
    return Map.of();
  }

  @GetMapping("/presigned/{*path}")
  ArtifactLinks.Download link(HttpServletRequest request) throws IOException {
    return links.toDownload(RawPath.of(request), request);
  }
}
